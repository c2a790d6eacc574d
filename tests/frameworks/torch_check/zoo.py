"""Architectures of other people, at small sizes, with random weights: nothing is downloaded.

Each entry names a configuration of transformers and what is special about its small size.
"""

import torch
import transformers
from torch.nn import functional

TEXT = {
    **{"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"intermediate_size": 64, "vocab_size": 99, "pad_token_id": 0, "max_position_embeddings": 64},
}
DECODER = {**TEXT, "num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2}
IMAGE = {
    **{"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"intermediate_size": 64, "image_size": 64, "patch_size": 8, "num_labels": 5},
}
STAGES = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
BOTH_SIDES = {
    **{"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "vocab_size": 99},
    **{"encoder_attention_heads": 4, "decoder_attention_heads": 4, "pad_token_id": 0},
    **{"encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 64},
    **{"bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1},
}
OLD = {"n_embd": 32, "n_layer": 2, "n_head": 4}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2}

CAUSAL = {
    **{"GPT2": OLD, "GPTJ": {**OLD, "rotary_dim": 8}, "CodeGen": {**OLD, "rotary_dim": 8}},
    **{"Llama": {}, "Mistral": {}, "Qwen2": {}, "Qwen3": {"head_dim": 8}, "Olmo": {}, "Olmo2": {}},
    **{"Gemma": {"head_dim": 8}, "Gemma2": {"head_dim": 8}, "Phi": {}, "Phi3": {}, "GPTNeoX": {}},
    **{"OPT": {"ffn_dim": 64, "word_embed_proj_dim": 32}, "Bloom": OLD, "Falcon": {}},
    **{"StableLm": {}, "Starcoder2": {}, "Cohere": {}, "Granite": {}, "SmolLM3": {}, "BioGpt": {}},
    **{"Mixtral": {"num_local_experts": 4}, "Olmoe": EXPERTS, "Nemotron": {}},
    "Glm": {"head_dim": 8},
    "Mamba": {"state_size": 8},
    "Mamba2": {"head_dim": 8, "num_heads": 8, "state_size": 8, "n_groups": 1},
    "GPTNeo": {"num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]]},
    "Mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4},
    "Rwkv": {},
    "XGLM": {"d_model": 32, "num_layers": 2, "attention_heads": 4, "ffn_dim": 64},
}
ENCODER = {
    **{"Bert": {}, "Roberta": {}, "DebertaV2": {}, "MPNet": {}, "ModernBert": {}, "FNet": {}},
    **{"Electra": {"embedding_size": 32}, "Albert": {"embedding_size": 16}},
    "DistilBert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "SqueezeBert": {"embedding_size": 32},
    "XLNet": {
        "d_model": 32,
        "n_layer": 2,
        "n_head": 4,
        "d_inner": 64,
        "max_position_embeddings": None,
    },
    "MobileBert": {"embedding_size": 32, "intra_bottleneck_size": 32},
}
VISION = {
    **{"ViT": {}, "Beit": {}, "Dinov2": {}, "ViTMSN": {}},
    "ResNet": {"embedding_size": 8, "layer_type": "basic", **STAGES},
    "PoolFormer": STAGES,
    "Segformer": {**STAGES, "num_attention_heads": [1, 1, 2, 2]},
    "Pvt": {**STAGES, "num_attention_heads": [1, 1, 2, 2]},
    "MobileNetV1": {"depth_multiplier": 0.25, "min_depth": 8},
    "MobileNetV2": {"depth_multiplier": 0.35},
    "FocalNet": {
        **{"embed_dim": 16, "depths": [1, 1], "focal_levels": [2, 2], "focal_windows": [3, 3]},
        "patch_size": 4,
    },
}
TRANSLATION = {
    **dict.fromkeys(("Bart", "MBart", "Pegasus", "Marian"), BOTH_SIDES),
    "T5": {
        **{"d_model": 32, "d_ff": 64, "d_kv": 8, "num_layers": 2, "num_heads": 4},
        **{"vocab_size": 99, "decoder_start_token_id": 0},
    },
}
NAMES = [*CAUSAL, *ENCODER, *VISION, *TRANSLATION]


def build(name):
    """A model of the zoo, and a batch with labels for it."""
    for small, usual, task, batch in (
        (CAUSAL, DECODER, "CausalLM", _text),
        (ENCODER, TEXT, "SequenceClassification", _sentences),
        (VISION, IMAGE, "ImageClassification", _images),
        (TRANSLATION, {}, "Seq2SeqLM", _pairs),
    ):
        if name in small:
            kind = getattr(transformers, f"{name}Config")
            sizes = {**usual, **small[name]}
            config = kind(**{key: size for key, size in sizes.items() if size is not None})
            return getattr(transformers, f"AutoModelFor{task}").from_config(config), batch()
    raise KeyError(name)


def _ids():
    return torch.randint(3, 99, (8, 16))


def _text():
    ids = _ids()
    return {"input_ids": ids, "labels": ids}


def _pairs():
    return {"input_ids": _ids(), "labels": _ids()}


def _sentences():
    return {"input_ids": _ids(), "labels": torch.randint(0, 2, (8,))}


def _images():
    smooth = functional.interpolate(torch.randn(8, 3, 8, 8), size=64, mode="bicubic")
    return {"pixel_values": smooth, "labels": torch.randint(0, 5, (8,))}
