"""The forget biases that chapter 15 prints arrive in the frameworks where the chapter says."""

import math

import flax.nnx
import keras
import numpy as np
import torch

import netinit

INPUTS, UNITS, STEPS = 4, 16, 50
FORGET = slice(UNITS, 2 * UNITS)
BIAS = netinit.lstm_bias(4 * UNITS, forget=math.log(STEPS))


def test_torch_adds_two_biases_and_its_forget_gates_come_second():
    lstm = torch.nn.LSTM(INPUTS, UNITS)
    for parameter in lstm.parameters():
        torch.nn.init.zeros_(parameter)
    lstm.bias_ih_l0.data = torch.from_numpy(BIAS)
    cell = torch.ones(1, 1, UNITS)
    with torch.no_grad():
        _, (_, kept) = lstm(torch.zeros(STEPS, 1, INPUTS), (torch.zeros(1, 1, UNITS), cell))
    law = netinit.theory.gates.kept(math.log(STEPS), STEPS)
    np.testing.assert_allclose(kept.numpy(), law, rtol=1e-5)


def test_keras_takes_the_biases_of_netinit():
    lstm = keras.layers.LSTM(
        UNITS, unit_forget_bias=False, bias_initializer=lambda shape, dtype: BIAS
    )
    lstm.build((None, None, INPUTS))
    np.testing.assert_array_equal(lstm.cell.bias.value.detach().numpy(), BIAS)


def test_flax_has_a_bias_of_the_forget_gate():
    cell = flax.nnx.LSTMCell(INPUTS, UNITS, rngs=flax.nnx.Rngs(0))
    cell.hf.bias[...] += math.log(STEPS)
    np.testing.assert_allclose(cell.hf.bias[...], math.log(STEPS), rtol=1e-6)


def test_the_update_gate_of_a_gru_keeps_the_state():
    keeps = netinit.theory.gates.kept(math.log(STEPS), STEPS)
    gru = torch.nn.GRU(INPUTS, UNITS)
    for parameter in gru.parameters():
        torch.nn.init.zeros_(parameter)
    gru.bias_ih_l0.data[FORGET] = math.log(STEPS)
    with torch.no_grad():
        _, state = gru(torch.zeros(STEPS, 1, INPUTS), torch.ones(1, 1, UNITS))
    np.testing.assert_allclose(state.numpy(), keeps, rtol=1e-5)

    gru = keras.layers.GRU(UNITS, kernel_initializer="zeros", recurrent_initializer="zeros")
    gru.build((None, None, INPUTS))
    bias = np.zeros((2, 3 * UNITS), np.float32)  # gates in the order z, r, h
    bias[0, :UNITS] = math.log(STEPS)
    gru.cell.bias.assign(bias)
    state = gru(np.zeros((1, STEPS, INPUTS), np.float32), initial_state=np.ones((1, UNITS), "f4"))
    np.testing.assert_allclose(state.detach().numpy(), keeps, rtol=1e-5)

    cell = flax.nnx.GRUCell(
        INPUTS,
        UNITS,
        kernel_init=flax.nnx.initializers.zeros_init(),
        recurrent_kernel_init=flax.nnx.initializers.zeros_init(),
        rngs=flax.nnx.Rngs(0),
    )
    bias = np.zeros(3 * UNITS, np.float32)  # gates in the order r, z, n
    bias[FORGET] = math.log(STEPS)
    cell.dense_i.bias[...] = bias
    state = np.ones((1, UNITS), np.float32)
    for _ in range(STEPS):
        state, _ = cell(state, np.zeros((1, INPUTS), np.float32))
    np.testing.assert_allclose(np.asarray(state), keeps, rtol=1e-4)
