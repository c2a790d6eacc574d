"""What chapter 9 says of PyTorch's orthogonal convolutions."""

import numpy as np
import pytest
import torch


def stretches(kernel):
    """Singular values of a circular convolution on 8 by 8 images, over all frequencies."""
    at_frequencies = np.fft.fft2(kernel, (8, 8)).transpose(2, 3, 0, 1)
    return np.linalg.svd(at_frequencies, compute_uv=False)


@pytest.mark.parametrize("seed", range(3))
def test_an_orthogonal_kernel_of_pytorch_is_nearly_as_uneven_as_a_gaussian_one(seed):
    torch.manual_seed(seed)
    kernel = torch.nn.init.orthogonal_(torch.empty(48, 48, 3, 3, dtype=torch.float64)).numpy()
    rows = kernel.reshape(48, -1)
    np.testing.assert_allclose(rows @ rows.T, np.eye(48), atol=1e-12)
    s = stretches(kernel)
    assert abs(np.mean(s**2) - 1) < 0.01
    assert abs(np.mean(s**4) - (2 - 1 / 9)) < 0.05


def test_an_orthogonal_kernel_of_size_1_keeps_every_direction():
    torch.manual_seed(0)
    kernel = torch.nn.init.orthogonal_(torch.empty(48, 48, 1, 1, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(stretches(kernel), 1, atol=1e-12)
