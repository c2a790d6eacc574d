"""Fans as the layers of PyTorch and Keras count them, against what each library takes them for.

The truth needs no library's formula: with all weights and inputs 1 and no bias, an output is the
number of weighted inputs it sums, fan_in; and the gradient of the outputs' sum with respect to an
input is the number of outputs it feeds, fan_out. Both are averaged away from the border.
"""

import flax.linen
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch
from keras import layers as kl
from samples import assert_still_wrong
from torch import nn

import netinit

SIZE = 24  # of the picture


def middle(x):
    """The inner half of a picture whose axes in space come last, a multiple of every stride."""
    for axis in range(2, x.ndim):
        margin = x.shape[axis] // 4
        x = x.narrow(axis, margin, (x.shape[axis] - 2 * margin) // 6 * 6)
    return x


def counted(forward, inputs, to_front=lambda x: x):
    """Mean number of inputs to an output, and of outputs from an input, of a layer of ones."""
    inputs = inputs.requires_grad_()
    outputs = forward(inputs)
    outputs.sum().backward()
    means = (middle(to_front(x)).mean().item() for x in (outputs.detach(), inputs.grad))
    return tuple(means)


def torch_counted(layer, channels):
    """As `counted`, for a layer of PyTorch and the kernel it has."""
    nn.init.ones_(layer.weight)
    axes = layer.weight.ndim - 2
    return counted(layer, torch.ones(2, channels, *[SIZE] * axes))


def keras_counted(layer, channels):
    """As `counted`, for a two-dimensional convolution of Keras, whose channels come last."""
    shape = (2, SIZE, SIZE, channels)
    layer.build(shape)
    layer.kernel.assign(keras.ops.ones(layer.kernel.shape))
    return counted(layer, torch.ones(shape), lambda x: x.permute(0, 3, 1, 2))


def torch_fans(weight):
    """What ``torch.nn.init`` takes the fans of a weight for."""
    return nn.init._calculate_fan_in_and_fan_out(weight)


def keras_fans(shape):
    """What Keras takes the fans of a kernel for, read off the bounds of its uniform draws."""
    found = []
    for mode in ("fan_in", "fan_out"):
        draw = keras.initializers.VarianceScaling(3.0, mode, "uniform", seed=1)
        # The largest of n uniforms misses the bound by 1 part in n; a scale of 3 makes it 3 / fan.
        found.append(9 / float(np.abs(draw(shape).numpy()).max()) ** 2)
    return tuple(found)


def plain(cls, *arguments, **options):
    return cls(*arguments, **options, bias=False)


AGREED = {
    "dense": (nn.Linear(48, 32, bias=False), 48),
    "convolution": (plain(nn.Conv2d, 16, 24, 3, padding=1), 16),
    "uneven kernel": (plain(nn.Conv2d, 8, 24, (3, 5), padding=(1, 2)), 8),
    "even kernel": (plain(nn.Conv1d, 8, 12, 4), 8),
    "dilated": (plain(nn.Conv2d, 16, 24, 3, padding=2, dilation=2), 16),
}


@pytest.mark.parametrize("name", AGREED)
def test_fans_of_dense_and_plain_convolutions_are_those_the_layer_counts(name):
    layer, channels = AGREED[name]
    assert tuple(netinit.fans(tuple(layer.weight.shape))) == torch_fans(layer.weight)
    assert torch_counted(layer, channels) == pytest.approx(torch_fans(layer.weight))


def test_pytorch_swaps_the_fans_of_a_transposed_convolution():
    """https://github.com/pytorch/pytorch/issues/7865 (open)."""
    layer = plain(nn.ConvTranspose2d, 64, 16, 3, padding=1)
    true = torch_counted(layer, 64)
    assert true == (64 * 9, 16 * 9)
    assert netinit.fans(tuple(layer.weight.shape), transposed=True) == true
    for theirs, fan, other in zip(torch_fans(layer.weight), true, true[::-1], strict=True):
        assert_still_wrong(theirs, wrong=other, right=fan)


@pytest.mark.parametrize("stride", [2, 3])
def test_pytorch_leaves_the_stride_out_of_a_transposed_convolution(stride):
    """An output gets one tap in stride^2. https://github.com/pytorch/pytorch/issues/7865 (open)."""
    layer = plain(nn.ConvTranspose2d, 64, 16, 6, stride=stride)
    true = torch_counted(layer, 64)
    assert true == pytest.approx((64 * 36 / stride**2, 16 * 36))
    shape = tuple(layer.weight.shape)
    assert netinit.fans(shape, transposed=True, stride=stride) == pytest.approx(true)
    assert_still_wrong(torch_fans(layer.weight)[1], wrong=64 * 36, right=true[0])


def test_pytorch_leaves_the_stride_out_of_a_convolutions_fan_out():
    """With stride 2 an input feeds a quarter of the outputs; fan_in is right. No report known."""
    layer = plain(nn.Conv2d, 16, 24, 4, stride=2, padding=1)
    true = torch_counted(layer, 16)
    assert netinit.fans(tuple(layer.weight.shape), stride=2) == pytest.approx(true)
    fan_in, fan_out = torch_fans(layer.weight)
    assert fan_in == true[0]
    assert_still_wrong(fan_out, wrong=4 * true[1], right=true[1])


@pytest.mark.parametrize("groups", [4, 32], ids=["grouped", "depthwise"])
def test_pytorch_counts_the_outputs_of_all_groups(groups):
    """https://github.com/pytorch/pytorch/issues/23854 (open); fan_in is right."""
    layer = plain(nn.Conv2d, 32, 64, 3, groups=groups, padding=1)
    true = torch_counted(layer, 32)
    assert true == (32 // groups * 9, 64 // groups * 9)
    assert netinit.fans(tuple(layer.weight.shape), groups=groups) == true
    fan_in, fan_out = torch_fans(layer.weight)
    assert fan_in == true[0]
    assert_still_wrong(fan_out, wrong=64 * 9, right=true[1])


def test_pytorch_takes_a_fused_projection_for_one_wide_layer():
    """MultiheadAttention's Xavier bound is 1/sqrt 2 of the right one.

    https://github.com/pytorch/pytorch/issues/166378 (open)
    """
    torch.manual_seed(0)
    width = 192
    weight = nn.MultiheadAttention(width, 4).in_proj_weight.detach()
    ours = netinit.xavier_uniform(tuple(weight.shape), splits=3, rng=0)
    right = (6 / (2 * width)) ** 0.5
    assert np.abs(ours).max() == pytest.approx(right, rel=1e-3)
    assert_still_wrong(weight.abs().max().item(), wrong=right / 2**0.5, right=right, rel=1e-3)


def test_keras_multiplies_a_depthwise_kernels_fan_in_by_its_channels():
    """A Glorot weight of a (3, 3, 64, 1) kernel is 5.7 times too small.

    https://github.com/keras-team/keras/issues/11773 (closed, not fixed)
    """
    layer = kl.DepthwiseConv2D(3, padding="same", use_bias=False, data_format="channels_last")
    true = keras_counted(layer, 64)
    assert true == (9, 9)
    assert netinit.fans((3, 3, 64, 1), layout="HWGO") == true
    fan_in, fan_out = keras_fans((3, 3, 64, 1))
    assert fan_out == pytest.approx(9, rel=0.02)
    assert_still_wrong(fan_in, wrong=9 * 64, right=9, rel=0.02)


def test_keras_swaps_the_fans_of_a_transposed_convolution():
    """As PyTorch does. https://github.com/tensorflow/tensorflow/issues/31192 (closed, intended)."""
    layer = kl.Conv2DTranspose(16, 3, padding="same", use_bias=False)
    true = keras_counted(layer, 64)
    assert true == (64 * 9, 16 * 9)
    assert netinit.fans((3, 3, 16, 64), layout="HWOI", transposed=True) == true
    for theirs, fan, other in zip(keras_fans((3, 3, 16, 64)), true, true[::-1], strict=True):
        assert_still_wrong(theirs, wrong=other, right=fan, rel=0.01)


def flax_counted(layer, channels):
    """Mean number of inputs to an output, and of outputs from an input, and the kernel's shape."""
    x = jnp.ones((1, SIZE, SIZE, channels))
    shape = layer.init(jax.random.key(0), x)["params"]["kernel"].shape
    ones = {"params": {"kernel": jnp.ones(shape)}}
    outputs = layer.apply(ones, x)
    gradient = jax.grad(lambda x: layer.apply(ones, x).sum())(x)
    arrays = (torch.tensor(np.asarray(a)).permute(0, 3, 1, 2) for a in (outputs, gradient))
    return tuple(middle(a).mean().item() for a in arrays), shape


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (4, 2), (6, 3)])
@pytest.mark.parametrize(("transpose_kernel", "layout"), [(False, "HWIO"), (True, "HWOI")])
def test_the_kernel_of_flaxs_transposed_convolution(transpose_kernel, layout, kernel, stride):
    """HWIO by default, HWOI as Keras's if it is the kernel of the convolution whose gradient it is.

    The letters say it: the other layout swaps the fans.
    """
    layer = flax.linen.ConvTranspose(
        16,
        (kernel, kernel),
        strides=(stride, stride),
        use_bias=False,
        transpose_kernel=transpose_kernel,
    )
    true, shape = flax_counted(layer, 64)
    assert true == pytest.approx((64 * (kernel / stride) ** 2, 16 * kernel**2))
    assert netinit.fans(shape, layout=layout, transposed=True, stride=stride) == pytest.approx(true)
    wrong = {"HWIO": "HWOI", "HWOI": "HWIO"}[layout]
    swapped = netinit.fans(shape, layout=wrong, transposed=True, stride=stride)
    assert swapped == pytest.approx((16 * (kernel / stride) ** 2, 64 * kernel**2))


def test_a_stack_of_grouped_query_projections_counts_as_its_layers():
    parts = [nn.Linear(48, size, bias=False) for size in (48, 16, 16)]
    fused = netinit.fans((80, 48), splits=(48, 16, 16))
    for layer, fan_out in zip(parts, fused.fan_out, strict=True):
        assert torch_counted(layer, 48) == (fused.fan_in, fan_out)


def test_keras_counts_the_outputs_of_all_groups():
    """https://github.com/keras-team/keras/issues/11773 (closed, not fixed); fan_in is right."""
    layer = kl.Conv2D(64, 3, groups=8, padding="same", use_bias=False)
    true = keras_counted(layer, 32)
    assert true == (4 * 9, 8 * 9)
    assert netinit.fans((3, 3, 4, 64), layout="HWIO", groups=8) == true
    fan_in, fan_out = keras_fans((3, 3, 4, 64))
    assert fan_in == pytest.approx(true[0], rel=0.01)
    assert_still_wrong(fan_out, wrong=64 * 9, right=true[1], rel=0.01)


def test_keras_leaves_one_of_two_axes_given_alone_unread():
    """``input_axes`` without ``output_axes`` changes nothing; netinit refuses it. No report known.

    The pair came with https://github.com/keras-team/keras/pull/22789.
    """
    draw = keras.initializers.VarianceScaling(
        1.0, "fan_in", "untruncated_normal", seed=1, input_axes=[0]
    )
    theirs = 1 / draw((512, 8, 64)).numpy().var()
    assert_still_wrong(theirs, wrong=512 * 8, right=512, rel=0.02)
    with pytest.raises(ValueError, match="give both"):
        netinit.fans((512, 8, 64), in_axis=0)
    assert netinit.fans((512, 8, 64), in_axis=0, out_axis=(1, 2)) == (512, 512)
