"""A model as bytes: one npz, no pickle. Its version is the hash of the bytes."""

import io
import json
import zipfile
from hashlib import sha256
from typing import Any

import numpy as np

from sanfu.router.domain.features import Features
from sanfu.router.domain.guessing import Head, Model

FORMAT = 1


class Unreadable(ValueError):
    """The bytes are no model that this version can use."""


def pack(model: Model) -> bytes:
    """Write a model; the same model gives the same bytes. Weights keep half precision."""
    heads = {
        name: {"answers": head.answers, "from": head.columns.start, "sharpness": head.sharpness}
        for name, head in model.heads.items()
    }
    features = model.features
    said = {
        "format": FORMAT, "grams": list(features.idf), "words": features.words, "pairs": features.pairs,
        "parties": features.parties, "heads": heads, "mix": model.mix, "sharpness": model.sharpness,
        "alarm_from": model.alarm_from, "report": model.report,
    }  # fmt: skip
    file = io.BytesIO()
    np.savez_compressed(
        file,
        said=np.frombuffer(json.dumps(said, ensure_ascii=False).encode(), np.uint8),
        idf=np.array(list(features.idf.values()), np.float32),
        weights=model.weights.astype(np.float16),
        default_units=model.default_units.astype(np.int32),
    )
    return file.getvalue()


def unpack(content: bytes) -> Model:
    """Read a model. Raises Unreadable."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("said", "idf", "weights", "default_units")}
        said = json.loads(arrays["said"].tobytes())
        if said["format"] != FORMAT:
            raise Unreadable(f"the model has format {said['format']}, not {FORMAT}: train it again")
        return _model(said, arrays, sha256(content).hexdigest()[:12])
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, TypeError) as error:
        raise Unreadable(str(error)) from error


def _model(said: dict[str, Any], arrays: dict[str, Any], version: str) -> Model:
    grams = dict(zip(said["grams"], (float(rare) for rare in arrays["idf"]), strict=True))
    features = Features(grams, said["words"], said["pairs"], said["parties"])
    heads = {
        name: Head(tuple(head["answers"]), slice(head["from"], head["from"] + len(head["answers"])), head["sharpness"])
        for name, head in said["heads"].items()
    }
    weights = arrays["weights"].astype(np.float32)
    if weights.shape != (features.size + 1, sum(len(head.answers) for head in heads.values())):
        raise Unreadable(f"the weights have the shape {weights.shape}")
    return Model(
        version, features, weights, heads, arrays["default_units"].astype(np.intp), said["mix"], said["sharpness"],
        said["alarm_from"], said["report"],
    )  # fmt: skip
