"""Networks for images from torchvision and timm, at small sizes, with random weights.

Each entry names a model and what makes it small; nothing is downloaded.
"""

import timm
import torch
import torchvision
from timm.models import mlp_mixer
from torch.nn import functional

CLASSES, PIXELS, COUNT = 10, 64, 16
SMALL = {"depth": 4, "embed_dim": 64, "num_heads": 4}
STAGES = {"depths": (1, 1, 2, 1), "dims": (16, 32, 64, 128)}

TORCHVISION = {
    **{"resnet18": {}, "resnet50": {}, "resnext50_32x4d": {}, "efficientnet_v2_s": {}},
    **{"densenet121": {}, "mobilenet_v2": {}, "mobilenet_v3_small": {}, "efficientnet_b0": {}},
    **{"regnet_x_400mf": {}, "regnet_y_400mf": {}, "shufflenet_v2_x0_5": {}, "mnasnet0_5": {}},
    **{
        "squeezenet1_1": {},
        "googlenet": {"init_weights": True},
        "alexnet": {},
        "convnext_tiny": {},
    },
    **{"swin_t": {}, "swin_v2_t": {}},
    "inception_v3": {"init_weights": True, "aux_logits": False},
}
# Those that have large sizes alone are put together from the library's parts.
PARTS = {
    "mixer": lambda: mixer(),
    "resmlp": lambda: mixer(
        block_layer=mlp_mixer.ResBlock, norm_layer=mlp_mixer.Affine, mlp_ratio=4
    ),
    "vit": lambda: torchvision.models.VisionTransformer(
        image_size=PIXELS, patch_size=8, num_layers=4, num_heads=4, hidden_dim=64, mlp_dim=128,
        num_classes=CLASSES,
    ),
    "maxvit": lambda: torchvision.models.MaxVit(
        input_size=(PIXELS, PIXELS), stem_channels=32, block_channels=[32, 64],
        block_layers=[1, 1], head_dim=32, stochastic_depth_prob=0.0, partition_size=4,
        num_classes=CLASSES,
    ),
}  # fmt: skip
TIMM = {
    **{"resnet10t": {}, "resnetv2_50": {"layers": (1, 1, 1, 1)}, "resnext26ts": {}},
    **{"seresnet18": {}, "res2net50_26w_4s": {"layers": (1, 1, 1, 1)}},
    **{"resnest14d": {}, "dla34": {}, "repvgg_a0": {}, "nf_resnet26": {}},
    **{"convnext_atto": {}, "convnextv2_atto": {}, "regnetz_005": {}, "efficientnet_lite0": {}},
    **{"ghostnet_050": {}, "mobilenetv4_conv_small": {}, "edgenext_xx_small": {}},
    "nfnet_l0": {},
    **{f"{kind}_tiny_patch16_224": {"img_size": PIXELS} for kind in ("vit", "deit")},
    **{"deit3_small_patch16_224": {"img_size": PIXELS, **SMALL}},
    **{"beit_base_patch16_224": {"img_size": PIXELS, **SMALL}},
    **{"cait_xxs24_224": {"img_size": PIXELS, **SMALL}},
    **{"eva02_tiny_patch14_224": {"img_size": 56, **SMALL}},
    **{"xcit_nano_12_p16_224": {"img_size": PIXELS, **SMALL}},
    **{"gmlp_ti16_224": {"img_size": PIXELS}},
    "swin_tiny_patch4_window7_224": {"img_size": PIXELS, "embed_dim": 48, "depths": (1, 1, 1, 1)},
    **{name: {"img_size": PIXELS} for name in ("coatnet_nano_rw_224", "maxvit_pico_rw_256")},
    **{"mobilevit_xxs": {}, "mobilevitv2_050": {}, "poolformer_s12": {}, "mambaout_femto": {}},
    "levit_128s": {"img_size": 224},
}
NAMES = [*TORCHVISION, *PARTS, *TIMM]


def build(name):
    """A model of the zoo, and a batch of images with classes."""
    pixels = PIXELS
    if name in PARTS:
        model = PARTS[name]()
    elif name in TORCHVISION:
        pixels = 96 if name == "inception_v3" else PIXELS
        model = torchvision.models.get_model(
            name, weights=None, num_classes=CLASSES, **TORCHVISION[name]
        )
    else:
        pixels = TIMM[name].get("img_size", PIXELS)
        model = timm.create_model(name, pretrained=False, num_classes=CLASSES, **TIMM[name])
    return model, images(pixels)


def images(pixels, count=COUNT):
    """Smooth images of one of ten patterns each, with noise, and the number of the pattern."""
    classes = torch.arange(count) % CLASSES
    patterns = torch.randn(CLASSES, 3, 4, 4)[classes] + 0.5 * torch.randn(count, 3, 4, 4)
    smooth = functional.interpolate(patterns, size=pixels, mode="bicubic")
    return smooth + 0.1 * torch.randn(count, 3, pixels, pixels), classes


def loss(output, classes):
    """Cross entropy of the main output."""
    main = output[0] if isinstance(output, tuple) else output
    return functional.cross_entropy(main, classes)


def mixer(pixels=PIXELS, blocks=4, **parts):
    """A small one of timm's networks that mix places and channels in turn."""
    return mlp_mixer.MlpMixer(
        num_classes=CLASSES, img_size=pixels, patch_size=8, num_blocks=blocks, embed_dim=48, **parts
    )
