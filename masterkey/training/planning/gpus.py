"""Peak arithmetic of GPUs, by the name that PyTorch reports.

FLOP/s are those of dense matrices (data sheets often print twice as much, "with sparsity"), at the
boost clock, summed in float32. A GPU that is not here has no utilisation in the log.
"""

import re
from dataclasses import dataclass

TERA = 1e12


@dataclass(frozen=True)
class Device:
    """Dense peak in TFLOP/s by type; None: the type has no matrix units."""

    name: str
    bfloat16: float | None
    float16: float | None
    tf32: float | None
    float32: float

    def peak_flops(self, kind: str) -> float | None:
        """FLOP/s of "bfloat16", "float16", "tf32" or "float32"."""
        teraflops = getattr(self, kind)
        return None if teraflops is None else teraflops * TERA


# (what torch.cuda.get_device_name must match, the device): the first match wins. Figures from
# NVIDIA's data sheets and architecture white papers, named behind each.
_DEVICES = [
    # "NVIDIA B200 Tensor Core GPU", HGX B200 data sheet divided by 8 GPUs
    (r"B200", Device("B200", 2250, 2250, 1100, 75)),
    # "NVIDIA H200 Tensor Core GPU" data sheet, SXM and NVL columns
    (r"H200 NVL", Device("H200 NVL", 835.5, 835.5, 417.5, 60)),
    (r"H200", Device("H200", 989.4, 989.4, 494.7, 66.9)),
    # "NVIDIA H100 Tensor Core GPU" data sheet and architecture white paper (table 2)
    (r"H100 NVL", Device("H100 NVL", 835.5, 835.5, 417.5, 60)),
    (r"H100 PCIe", Device("H100 PCIe", 756, 756, 378, 51.2)),
    (r"H100", Device("H100 SXM", 989.4, 989.4, 494.7, 66.9)),
    # "NVIDIA A100 Tensor Core GPU" data sheet; PCIe and SXM have the same peak
    (r"A100.*40GB", Device("A100 40GB", 312, 312, 156, 19.5)),
    (r"A100.*80GB", Device("A100 80GB", 312, 312, 156, 19.5)),
    # "NVIDIA L4 Tensor Core GPU", "NVIDIA L40S" data sheets (figures with sparsity, halved)
    (r"\bL40S", Device("L40S", 362, 362, 183, 91.6)),
    (r"\bL4\b", Device("L4", 121, 121, 60, 30.3)),
    # "NVIDIA A10 Tensor Core GPU" data sheet
    (r"\bA10\b", Device("A10", 125, 125, 62.5, 31.2)),
    # "NVIDIA Ampere GA102 GPU architecture" white paper, appendix; fp16 and bf16 summed in fp32
    (r"RTX A6000", Device("RTX A6000", 154.8, 154.8, 77.4, 38.7)),
    (r"RTX 3090 Ti", Device("RTX 3090 Ti", 80, 80, 40, 40)),
    (r"RTX 3090", Device("RTX 3090", 71, 71, 35.6, 35.6)),
    # "NVIDIA Ada GPU architecture" white paper, table 2: fp16 and bf16 summed in fp32
    (r"RTX 4090(?! D)", Device("RTX 4090", 165.2, 165.2, 82.6, 82.6)),
    # "NVIDIA RTX Blackwell GPU architecture" white paper, table: fp16 and bf16 summed in fp32
    (r"RTX 5090(?! D)", Device("RTX 5090", 209.5, 209.5, 104.8, 104.8)),
    # "NVIDIA Tesla V100" data sheet: SXM2, PCIe; fp16 only
    (r"V100.*PCIE", Device("V100 PCIe", None, 112, None, 14)),
    (r"V100", Device("V100 SXM2", None, 125, None, 15.7)),
    # "NVIDIA T4" data sheet
    (r"\bT4\b", Device("T4", None, 65, None, 8.1)),
]


def known_device(name: str) -> Device | None:
    """The device of the name that `torch.cuda.get_device_name` reports; None where it is not known."""
    if re.search(r"\bMIG\b|Laptop|Max-Q", name):
        return None  # a part of the GPU, or a slower one of the same name
    for pattern, device in _DEVICES:
        if re.search(pattern, name, re.IGNORECASE):
            return device
    return None


def peak_flops(name: str, kind: str = "bfloat16") -> float | None:
    """Dense FLOP/s of a device by its name; None where device or type is not known."""
    device = known_device(name)
    return device and device.peak_flops(kind)
