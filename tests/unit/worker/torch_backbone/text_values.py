"""Writes text_values.json: projected text features of small CLIP models by transformers.

The values beside this file were made with Python 3.11, torch 2.11.0 and transformers 5.23.0. Run again only to add
cases: python3 text_values.py > text_values.json
The formula of weights is repeated in text_transformer_test.cc.
"""

import json
import math

import torch
import transformers as hf


def fill(model):
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            number = sum(name.encode())
            values = [0.4 * math.sin(0.7 * i + number) for i in range(math.prod(tensor.shape))]
            tensor.copy_(torch.tensor(values, dtype=torch.float32).reshape(tensor.shape))
    return model.eval()


def case(tokens, projection, **options):
    text = dict(vocab_size=19, hidden_size=6, intermediate_size=5, num_hidden_layers=2, num_attention_heads=2,
                max_position_embeddings=7, bos_token_id=17, **options)
    model = fill(hf.CLIPTextModelWithProjection(hf.CLIPTextConfig(projection_dim=projection, **text)))
    with torch.no_grad():
        features = [model(input_ids=torch.tensor([ids])).text_embeds.flatten().tolist() for ids in tokens]
    return dict(config=dict(model_type="clip", projection_dim=projection, text_config=text), tokens=tokens,
                features=features)


def main():
    tokens = [[17, 3, 18], [17, 5, 4, 2, 9, 18], [17, 18], [17, 1, 2, 3, 4, 5, 18], [17, 3, 18, 4, 18]]
    print(json.dumps([
        case(tokens, 4, eos_token_id=18),
        case(tokens, 5, eos_token_id=2),
        case(tokens, 4, eos_token_id=18, hidden_act="gelu", layer_norm_eps=1e-3),
    ], indent=1))


main()
