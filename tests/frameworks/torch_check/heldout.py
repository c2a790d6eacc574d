"""Ten models that no check was adjusted on, and which of their layers a mutant spoils.

They are of other families than those of `mutated`, and none of them is in the zoo. A layer that
turns out to be missed stays in the list.
"""

import math

import timm
import torch
import torchvision
import transformers
from mutated import DEPTH, Model
from timm.models.sequencer import Sequencer2d
from torchvision.models.video import resnet
from torchvision.models.video.mvit import MSBlockConfig
from zoo_images import images

SMALL = {"num_hidden_layers": DEPTH, "num_attention_heads": 4}
TEXT = {"vocab_size": 99, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
GROUPED = {"num_key_value_heads": 2, "head_dim": 12}


def _r2plus1d():
    conv = [resnet.Conv2Plus1D] * 4
    stem = resnet.R2Plus1dStem
    return resnet.VideoResNet(resnet.BasicBlock, conv, [2, 2, 2, 2], stem, num_classes=10)


def _mvit():
    block = MSBlockConfig(
        num_heads=2, input_channels=48, output_channels=48,
        kernel_q=[3, 3, 3], kernel_kv=[3, 3, 3], stride_q=[1, 1, 1], stride_kv=[1, 2, 2],
    )  # fmt: skip
    return torchvision.models.video.MViT(
        (32, 32), 4, [block] * DEPTH, residual_pool=True, residual_with_cls_embed=False,
        rel_pos_embed=True, proj_after_attn=True, num_classes=10,
    )  # fmt: skip


def _sequencer():
    return Sequencer2d(
        num_classes=10, img_size=32, layers=(1, DEPTH, 1, 1), patch_sizes=(4, 2, 1, 1),
        embed_dims=(24, 48, 48, 48), hidden_sizes=(8, 16, 16, 16),
    )  # fmt: skip


def _timm(name):
    return lambda: timm.create_model(name, pretrained=False, num_classes=10)


def _wav2vec2():
    sizes = {
        **{"hidden_size": 48, "intermediate_size": 96, "classifier_proj_size": 32, **SMALL},
        **{"conv_dim": (32,) * 4, "conv_stride": (5, 2, 2, 2), "conv_kernel": (10, 3, 3, 3)},
        **{"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4, "num_labels": 10},
    }
    return transformers.Wav2Vec2ForSequenceClassification(transformers.Wav2Vec2Config(**sizes))


def _patchtst():
    sizes = {
        **{"num_input_channels": 3, "context_length": 64, "prediction_length": 8, "loss": "mse"},
        **{"patch_length": 8, "patch_stride": 8, "d_model": 48, "ffn_dim": 96, **SMALL},
    }
    return transformers.PatchTSTForPrediction(transformers.PatchTSTConfig(**sizes))


def _perceiver():
    sizes = {
        **{"num_latents": 16, "d_latents": 48, "d_model": 32, "num_self_attends_per_block": DEPTH},
        **{"num_self_attention_heads": 4, "num_cross_attention_heads": 4, "num_blocks": 1},
        **{"self_attention_widening_factor": 2, "max_position_embeddings": 16, "vocab_size": 99},
        "num_labels": 10,
    }
    return transformers.PerceiverForSequenceClassification(transformers.PerceiverConfig(**sizes))


def _gpt_oss():
    sizes = {
        **{"hidden_size": 48, "intermediate_size": 64, **SMALL, **GROUPED, **TEXT},
        **{"num_local_experts": 4, "num_experts_per_tok": 2, "max_position_embeddings": 64},
    }
    return transformers.GptOssForCausalLM(transformers.GptOssConfig(**sizes))


def _recurrent_gemma():
    sizes = {
        **{"hidden_size": 48, "intermediate_size": 192, "lru_width": 48},
        **{"attention_window_size": 16, **SMALL, **GROUPED, **TEXT},
    }
    return transformers.RecurrentGemmaForCausalLM(transformers.RecurrentGemmaConfig(**sizes))


def _clips():
    """Images that drift through four frames, with noise."""
    first, classes = images(32, 16)
    frames = [first.roll(shift, 3) + 0.1 * torch.randn_like(first) for shift in range(4)]
    return torch.stack(frames, 2), classes


def _pictures():
    return images(64, 16)


def _sounds():
    """Tones of ten pitches in noise."""
    classes = torch.arange(16) % 10
    time = torch.arange(1600) / 1600
    pitch = 2 * math.pi * 20.0 * (1 + classes[:, None])
    return {
        "input_values": torch.sin(pitch * time) + 0.3 * torch.randn(16, 1600),
        "labels": classes,
    }


def _series():
    """Random walks, and how they go on."""
    walks = torch.randn(16, 72, 3).cumsum(1)
    return {"past_values": walks[:, :64], "future_values": walks[:, 64:]}


def _ids():
    chances = 1 / torch.arange(1.0, 97)
    return 3 + torch.multinomial(chances, 8 * 16, replacement=True).view(8, 16)


def _sentences():
    ids = _ids()
    return {"inputs": ids, "attention_mask": torch.ones_like(ids), "labels": ids[:, 0] % 10}


def _words():
    ids = _ids()
    return {"input_ids": ids, "labels": ids}


WAV = "wav2vec2.encoder.layers.{}.feed_forward.intermediate_dense.weight"
PERCEIVER = "perceiver.encoder.self_attends.{}.mlp.dense1.weight"
MODELS = {
    "R(2+1)D": Model(
        _r2plus1d, _clips, "layer3.1.conv2.0.0.weight", "layer3.1.conv1.0.0.weight",
        "layer3.1.conv1.0.1.bias", "layer3.1.conv1.0.0", "fc.weight", "layer3.1.conv2.0.3.weight",
    ),
    "MViT": Model(
        _mvit, _clips, "blocks.3.mlp.0.weight", "blocks.1.mlp.0.weight", "blocks.3.mlp.0.bias",
        "blocks.3.mlp.0", "head.1.weight", "blocks.3.mlp.3.weight",
    ),
    "Sequencer": Model(
        _sequencer, lambda: images(32, 32),
        "stages.1.blocks.3.rnn_tokens.rnn_v.weight_ih_l0",
        "stages.1.blocks.1.rnn_tokens.rnn_v.weight_ih_l0",
        "stages.1.blocks.3.mlp_channels.fc1.bias", "stages.1.blocks.3.mlp_channels.fc1",
        "head.fc.weight", "stages.1.blocks.3.mlp_channels.fc2.weight",
    ),
    "HRNet": Model(
        _timm("hrnet_w18_small"), _pictures,
        "stage4.0.branches.2.1.conv1.weight", "stage4.0.branches.2.0.conv1.weight",
        "stage4.0.branches.2.1.bn1.bias", "stage4.0.branches.2.1.conv1", "classifier.weight",
        "stage4.0.branches.2.1.conv2.weight",
    ),
    "VoVNet": Model(
        _timm("ese_vovnet19b_slim"), _pictures,
        "stages.2.blocks.0.conv_mid.2.conv.weight", "stages.2.blocks.0.conv_mid.1.conv.weight",
        "stages.2.blocks.0.conv_mid.1.bn.bias", "stages.2.blocks.0.conv_mid.1.conv",
        "head.fc.weight",
    ),
    "wav2vec 2.0": Model(
        _wav2vec2, _sounds, WAV.format(3), WAV.format(1), WAV.format(3).replace("weight", "bias"),
        WAV.format(3).removesuffix(".weight"), "classifier.weight",
        WAV.format(3).replace("intermediate", "output"),
    ),
    "PatchTST": Model(
        _patchtst, _series,
        "model.encoder.layers.3.ff.0.weight", "model.encoder.layers.1.ff.0.weight",
        "model.encoder.layers.3.ff.0.bias", "model.encoder.layers.3.ff.0",
        "head.projection.weight", "model.encoder.layers.3.ff.3.weight",
    ),
    "Perceiver": Model(
        _perceiver, _sentences, PERCEIVER.format(3), PERCEIVER.format(1),
        PERCEIVER.format(3).replace("weight", "bias"), PERCEIVER.format(3).removesuffix(".weight"),
        "perceiver.decoder.decoder.final_layer.weight", PERCEIVER.format(3).replace("1.w", "2.w"),
    ),
    "GPT-OSS": Model(
        _gpt_oss, _words,
        "model.layers.3.mlp.experts.gate_up_proj", "model.layers.1.mlp.experts.gate_up_proj",
        "model.layers.3.mlp.experts.gate_up_proj_bias", "model.layers.3.mlp.experts.gate_up_proj",
        "lm_head.weight", "model.layers.3.mlp.experts.down_proj", "EIO",
    ),
    "RecurrentGemma": Model(
        _recurrent_gemma, _words,
        "model.layers.3.temporal_block.linear_x.weight",
        "model.layers.1.temporal_block.linear_x.weight",
        "model.layers.3.mlp_block.gate_proj.bias", "model.layers.3.mlp_block.gate_proj",
        "model.embed_tokens.weight", "model.layers.3.temporal_block.linear_out.weight",
    ),
}  # fmt: skip
