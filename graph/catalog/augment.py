"""Augmentations as modules. Their source goes into the generated program as it is.

Each works on a batch (N, C, H, W), draws anew for every example, and leaves shape and dtype as
they are. In evaluation mode it does nothing. Names and arguments are torchvision's and
torchaudio's, where these have them.
"""

# Each class must stand by itself below ``import math``, ``import torch``, ``import
# torch.nn.functional as F`` and ``from torch import Tensor, nn``.
from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - everyone's name for it
from torch import Tensor, nn

__all__ = [
    "ColorJitter",
    "FrequencyMasking",
    "GaussianBlur",
    "GaussianNoise",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "TimeMasking",
]


class RandomHorizontalFlip(nn.Module):
    """Mirrors each picture left to right with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        flipped = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        return torch.where(flipped, x.flip(-1), x)


class RandomVerticalFlip(nn.Module):
    """Mirrors each picture top to bottom with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        flipped = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        return torch.where(flipped, x.flip(-2), x)


class RandomCrop(nn.Module):
    """Pads each picture on all sides and cuts its size out again at a random place."""

    def __init__(self, padding: int = 4, padding_mode: str = "constant") -> None:
        super().__init__()
        self.padding, self.padding_mode = padding, padding_mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.padding:
            return x
        (n, c, h, w), most = x.shape, 2 * self.padding + 1
        padded = F.pad(x, [self.padding] * 4, mode=self.padding_mode)
        top = torch.randint(most, (n, 1), device=x.device)
        left = torch.randint(most, (n, 1), device=x.device)
        rows = (top + torch.arange(h, device=x.device))[:, None, :, None]
        columns = (left + torch.arange(w, device=x.device))[:, None, None, :]
        padded = padded.gather(2, rows.expand(n, c, h, padded.shape[3]))
        return padded.gather(3, columns.expand(n, c, h, w))


class RandomResizedCrop(nn.Module):
    """Cuts out a share of each picture's area, of varying form, and enlarges it again."""

    def __init__(
        self,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (0.75, 1.3333333333333333),
    ) -> None:
        super().__init__()
        self.scale, self.ratio = scale, ratio

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = torch.rand(4, len(x), device=x.device)
        low, high = self.scale
        area = low + (high - low) * draw[0]
        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        form = torch.exp(low + (high - low) * draw[1])
        width = (area * form).sqrt().clamp(max=1)
        height = (area / form).sqrt().clamp(max=1)
        zero = torch.zeros_like(width)
        across = (1 - width) * (2 * draw[2] - 1)
        down = (1 - height) * (2 * draw[3] - 1)
        rows = [width, zero, across, zero, height, down]
        theta = torch.stack(rows, dim=1).view(-1, 2, 3)
        grid = F.affine_grid(theta.to(x.dtype), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


class RandomRotation(nn.Module):
    """Turns each picture by up to so many degrees either way; what comes in is 0."""

    def __init__(self, degrees: float = 10.0) -> None:
        super().__init__()
        self.degrees = degrees

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = 2 * torch.rand(len(x), device=x.device) - 1
        angle = draw * self.degrees * math.pi / 180
        cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
        form = x.shape[-2] / x.shape[-1]
        rows = [cos, -sin * form, zero, sin / form, cos, zero]
        theta = torch.stack(rows, dim=1).view(-1, 2, 3)
        grid = F.affine_grid(theta.to(x.dtype), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


class RandomAffine(nn.Module):
    """Turns, shifts and resizes each picture at random; what comes in is 0.

    By up to degrees either way, by up to a share translate of width and height, and by a
    factor within scale.
    """

    def __init__(
        self,
        degrees: float = 10.0,
        translate: tuple[float, float] = (0.1, 0.1),
        scale: tuple[float, float] = (0.9, 1.1),
    ) -> None:
        super().__init__()
        self.degrees, self.translate, self.scale = degrees, translate, scale

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = 2 * torch.rand(4, len(x), device=x.device) - 1
        angle = draw[0] * self.degrees * math.pi / 180
        low, high = self.scale
        size = low + (high - low) * (draw[1] + 1) / 2
        cos, sin = angle.cos() / size, angle.sin() / size
        across, down = 2 * self.translate[0] * draw[2], 2 * self.translate[1] * draw[3]
        form = x.shape[-2] / x.shape[-1]
        # The grid says where each point comes from: shifted back, then turned about the middle.
        first = [cos, -sin * form, sin * form * down - cos * across]
        second = [sin / form, cos, -sin / form * across - cos * down]
        theta = torch.stack(first + second, dim=1).view(-1, 2, 3)
        grid = F.affine_grid(theta.to(x.dtype), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


class ColorJitter(nn.Module):
    """Changes brightness, contrast, saturation and hue of each picture at random.

    Factors are drawn from 1 - value (at least 0) to 1 + value, and hue is turned by up to so
    many rounds either way, in YIQ space, so that values need not lie between 0 and 1.
    Saturation and hue need three channels.
    """

    def __init__(
        self,
        brightness: float = 0.0,
        contrast: float = 0.0,
        saturation: float = 0.0,
        hue: float = 0.0,
    ) -> None:
        super().__init__()
        self.brightness, self.contrast = brightness, contrast
        self.saturation, self.hue = saturation, hue

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = 2 * torch.rand(4, len(x), 1, 1, 1, device=x.device, dtype=x.dtype) - 1
        if self.brightness:
            x = x * (1 + self.brightness * draw[0]).clamp(min=0)
        if self.contrast:
            mean = x.mean(dim=(1, 2, 3), keepdim=True)
            x = mean + (x - mean) * (1 + self.contrast * draw[1]).clamp(min=0)
        if x.shape[1] != 3 or not (self.saturation or self.hue):
            return x
        rows = [0.299, 0.587, 0.114, 0.596, -0.274, -0.322, 0.211, -0.523, 0.312]
        yiq = x.new_tensor(rows).view(3, 3)
        y, i, q = torch.einsum("yc,nchw->nyhw", yiq, x).chunk(3, dim=1)
        factor = (1 + self.saturation * draw[2]).clamp(min=0)
        angle = 2 * math.pi * self.hue * draw[3]
        cos, sin = factor * angle.cos(), factor * angle.sin()
        turned = torch.cat([y, i * cos - q * sin, i * sin + q * cos], dim=1)
        return torch.einsum("cy,nyhw->nchw", torch.linalg.inv(yiq), turned)


class RandomGrayscale(nn.Module):
    """Takes the colour out of each picture with probability p."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or x.shape[1] != 3:
            return x
        weights = x.new_tensor([0.299, 0.587, 0.114])
        grey = (x * weights.view(3, 1, 1)).sum(dim=1, keepdim=True)
        chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        return torch.where(chosen, grey.expand_as(x), x)


class RandomErasing(nn.Module):
    """Fills a random rectangle of each picture with a value, with probability p.

    The rectangle takes a share of the area within scale, its form is within ratio
    (Zhong et al., Random Erasing Data Augmentation, 2020).
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: tuple[float, float] = (0.02, 0.33),
        ratio: tuple[float, float] = (0.3, 3.3),
        value: float = 0.0,
    ) -> None:
        super().__init__()
        self.p, self.scale, self.ratio, self.value = p, scale, ratio, value

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = torch.rand(5, len(x), 1, device=x.device)
        low, high = self.scale
        area = (low + (high - low) * draw[0]) * x.shape[2] * x.shape[3]
        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        form = torch.exp(low + (high - low) * draw[1])
        inside = []
        for size, length, at in (
            (x.shape[2], (area * form).sqrt(), draw[2]),
            (x.shape[3], (area / form).sqrt(), draw[3]),
        ):
            start = at * (size - length).clamp(min=0)
            place = torch.arange(size, device=x.device)
            inside.append((place >= start) & (place < start + length))
        box = inside[0][:, None, :, None] & inside[1][:, None, None, :]
        chosen = (draw[4] < self.p)[:, :, None, None]
        return x.masked_fill(box & chosen, self.value)


class GaussianNoise(nn.Module):
    """Adds normal noise of deviation sigma."""

    def __init__(self, sigma: float = 0.1) -> None:
        super().__init__()
        self.sigma = sigma

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return x + self.sigma * torch.randn_like(x)


class GaussianBlur(nn.Module):
    """Blurs each picture by a normal kernel whose deviation is drawn within sigma."""

    def __init__(
        self,
        kernel_size: int = 3,
        sigma: tuple[float, float] = (0.1, 2.0),
    ) -> None:
        super().__init__()
        self.kernel_size, self.sigma = kernel_size, sigma

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        (n, c, h, w), size = x.shape, self.kernel_size
        low, high = self.sigma
        sigma = low + (high - low) * torch.rand(n, 1, device=x.device, dtype=x.dtype)
        at = torch.arange(size, device=x.device, dtype=x.dtype) - (size - 1) / 2
        kernel = torch.softmax(-0.5 * (at / sigma).square(), dim=1)
        kernel = kernel.repeat_interleave(c, dim=0)[:, None, :]
        half = size // 2
        x = F.pad(x, [half, size - 1 - half] * 2, mode="reflect")
        x = x.reshape(1, n * c, *x.shape[2:])
        x = F.conv2d(x, kernel[:, :, :, None], groups=n * c)
        x = F.conv2d(x, kernel[:, :, None, :], groups=n * c)
        return x.reshape(n, c, h, w)


class FrequencyMasking(nn.Module):
    """Sets a band of up to freq_mask_param rows of each spectrogram to 0.

    (Park et al., SpecAugment, 2019.)
    """

    def __init__(self, freq_mask_param: int = 8) -> None:
        super().__init__()
        self.freq_mask_param = freq_mask_param

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = torch.rand(2, len(x), 1, device=x.device)
        length = draw[0] * self.freq_mask_param
        start = draw[1] * (x.shape[2] - length)
        place = torch.arange(x.shape[2], device=x.device)
        band = (place >= start) & (place < start + length)
        return x.masked_fill(band[:, None, :, None], 0.0)


class TimeMasking(nn.Module):
    """Sets a stretch of up to time_mask_param columns of each spectrogram to 0.

    (Park et al., SpecAugment, 2019.)
    """

    def __init__(self, time_mask_param: int = 16) -> None:
        super().__init__()
        self.time_mask_param = time_mask_param

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draw = torch.rand(2, len(x), 1, device=x.device)
        length = draw[0] * self.time_mask_param
        start = draw[1] * (x.shape[3] - length)
        place = torch.arange(x.shape[3], device=x.device)
        band = (place >= start) & (place < start + length)
        return x.masked_fill(band[:, None, None, :], 0.0)
