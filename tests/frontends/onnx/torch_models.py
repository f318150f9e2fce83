"""PyTorch networks and their ONNX exports, for tests."""

from __future__ import annotations

import io
import warnings
from typing import Any


def mobilenet(seed: int = 0, classes: int = 10, size: int = 32) -> Any:
    """A small MobileNetV2: inverted residuals with depthwise convolutions, ReLU6, global pool, linear."""
    import torch
    from torch import nn

    torch.manual_seed(seed)

    class Block(nn.Module):
        def __init__(self, before: int, after: int, stride: int, expand: int) -> None:
            super().__init__()
            hidden = before * expand
            self.residual = stride == 1 and before == after
            self.layers = nn.Sequential(
                nn.Conv2d(before, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(),
                nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(),
                nn.Conv2d(hidden, after, 1, bias=False), nn.BatchNorm2d(after),
            )  # fmt: skip

        def forward(self, x: Any) -> Any:
            return x + self.layers(x) if self.residual else self.layers(x)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(),
                Block(8, 8, 1, 2), Block(8, 16, 2, 4), Block(16, 16, 1, 4), Block(16, 24, 2, 4), Block(24, 24, 1, 4),
                nn.Conv2d(24, 32, 1), nn.ReLU6(),
            )  # fmt: skip
            self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(32, classes))

        def forward(self, x: Any) -> Any:
            x = self.features(x)
            return self.classifier(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))

    net = Net()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    return net.eval()


def exported(network: Any, x: Any, dynamo: bool = True, **options: Any) -> bytes:
    """The bytes of torch.onnx.export."""
    import torch

    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            program = torch.onnx.export(network, (x,), dynamo=True, verbose=False, **options)
            return bytes(program.model_proto.SerializeToString())
        torch.onnx.export(network, (x,), buffer, dynamo=False, **options)
    return buffer.getvalue()
