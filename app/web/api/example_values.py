"""What stands in examples for a field that says none of its own: one word means one thing in this API."""

from typing import Any

MOMENT = "2026-11-23T08:30:00Z"
UUID = "0197a3f2-6f6b-7c1e-9b7d-3f0f6a1b2c3d"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BY_FORMAT = {"date-time": MOMENT, "date": "2026-11-23", "uuid": UUID, "uri": "https://example.org/"}

PEOPLE = {
    "author": "zhou-yi",
    "by": "ms-li",
    "handle": "zhou-yi",
    "name": "Zhou Yi",
    "role": "student",
    "join_code": "k7mpx2qd",
}
THINGS = {
    "audit_id": 3,
    "claim_id": 3,
    "comment_id": 3,
    "id": 3,
    "identity_id": 3,
    "index": 947,
    "notification_id": 3,
    "number": 12,
    "parent": 11,
    "run": UUID,
    "run_id": UUID,
    "submission": 12,
    "token_id": 3,
    "webhook_id": 3,
}
TEXTS = {
    "action": "submission.hide",
    "advice": "Read the last lines of the traceback.",
    "arguments": "hidden=64",
    "class_name": "Net",
    "code": "not_found",
    "detail": "There is no submission #12.",
    "kind": "train",
    "message": "The loss became infinite in epoch 2.",
    "model": "yannet",
    "notes": "A larger **learning rate** helped.",
    "optimizer": "sgd",
    "outcome": "ok",
    "reason": "internal",
    "started": MOMENT,
    "finished": MOMENT,
    "created": MOMENT,
    "state": "done",
    "subject": "submission 12",
    "text": "Try **padding=1** too.",
    "title": "YanNet, cosine schedule",
    "verdict": "The difference may be luck.",
    "what_to_do": "Lower the learning rate.",
    "words": "Your run of “YanNet” is done.",
}
ADDRESSES = {
    "next": None,
    "path": "/s/12",
    "predictions_url": "/api/v1/submissions/12/predictions",
    "url": "/api/v1/submissions/12",
    "weights_url": "/api/v1/submissions/12/weights",
}
MACHINES = {
    "dataset": "mnist",
    "device": "cpu",
    "free_bytes": 81_604_378_624,
    "host": "lab-3",
    "isolation": "namespaces",
    "last_beat_age_s": 2.1,
    "sha256": SHA256,
    "data_sha256": SHA256,
    "weights_sha256": SHA256,
    "uploaded_weights_sha256": SHA256,
    "total_bytes": 105_555_197_952,
    "worker": "lab-3:4711:9f86d081",
}
MEASURED = {
    "accuracy": 0.9838,
    "claimed_accuracy": 0.984,
    "correct": 9838,
    "ece": 0.0046,
    "flops": 9_470_000,
    "high": 0.9861,
    "latency_one_ms": 0.9,
    "latency_thousand_ms": 310.5,
    "low": 0.9811,
    "parameters": 28_746,
    "rank": 1,
    "rank_best": 1,
    "rank_worst": 4,
    "robust_accuracy": 0.871,
    "size_bytes": 119_248,
    "test_loss": 0.0492,
    "total": 10_000,
    "train_seconds": 38.2,
    "wrong": 162,
}
SETTINGS = {
    "attempt": 1,
    "batch_size": 64,
    "count": 1,
    "daily_quota": 20,
    "default": 1,
    "digit": 4,
    "entries": 31,
    "epoch": 3,
    "epochs": 3,
    "helpful": 2,
    "label": 4,
    "learning_rate": 0.02,
    "left": 17,
    "matching": 31,
    "seed": 1,
    "used": 3,
}
BY_NAME: dict[str, Any] = PEOPLE | THINGS | TEXTS | ADDRESSES | MACHINES | MEASURED | SETTINGS
