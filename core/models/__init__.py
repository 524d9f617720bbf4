"""The networks. Each is a diffusers ``ModelMixin``: its ``config.json`` and safetensors alone rebuild it."""

from core.models.autoencoder import LatentCodec, build_autoencoder
from core.models.classifier import PictureClassifier
from core.models.eye_locator import EyeLocator
from core.models.face_detector import FaceDetector
from core.models.face_unet import FaceUNet
from core.models.flat_autoencoder import FlatAutoencoder
from core.models.gan import FaceGenerator
from core.models.variation_unet import VariationUNet

__all__ = [
    "EyeLocator",
    "FaceDetector",
    "FaceGenerator",
    "FaceUNet",
    "FlatAutoencoder",
    "LatentCodec",
    "PictureClassifier",
    "VariationUNet",
    "build_autoencoder",
]
