"""An embedded MongoDB: one mongod, a replica set of one, 127.0.0.1 only."""

from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from sanfu.stack.programs import Program

CACHE_GB = "0.25"
"""WiredTiger's own cache: the least it takes, so that the whole stack stays within 1.5 GB."""

NOT_YET_INITIALIZED = 94
INVALID_REPLICA_SET_CONFIG = 93


def uri(port: int) -> str:
    return f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"


def program(mongod: Path, data: Path, log: Path, port: int) -> Program:
    """Return the database as a program; asking whether it is ready also founds its replica set."""
    data.mkdir(parents=True, exist_ok=True)
    return Program(
        name="mongo",
        command=(
            *(str(mongod), "--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port", str(port)),
            *("--dbpath", str(data), "--wiredTigerCacheSizeGB", CACHE_GB, "--oplogSize", "256", "--quiet"),
        ),
        log=log,
        ready=lambda: ready(port),
        port=port,
        stop_within=20,
    )


def ready(port: int) -> bool:
    """Tell whether the mongod takes writes. Founds the replica set if there is none; mends its port if that moved."""
    direct = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    try:
        with MongoClient[dict[str, Any]](direct, serverSelectionTimeoutMS=800, connectTimeoutMS=800) as client:
            if client.admin.command("hello")["isWritablePrimary"]:
                return True
            _found(client, port)
    except PyMongoError:
        return False
    return False


def _found(client: MongoClient[dict[str, Any]], port: int) -> None:
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    try:
        client.admin.command("replSetGetStatus")
    except OperationFailure as failure:
        if failure.code == NOT_YET_INITIALIZED:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        elif failure.code == INVALID_REPLICA_SET_CONFIG:  # founded when the stack had other ports
            config = client.admin.command("replSetGetConfig")["config"]
            moved = {**config, "version": config["version"] + 1, "members": [{**config["members"][0], **member}]}
            client.admin.command("replSetReconfig", moved, force=True)


def writable(address: str) -> bool:
    """Tell whether a replica set's primary answers at this URI within two seconds."""
    try:
        with MongoClient[dict[str, Any]](address, serverSelectionTimeoutMS=2000, connectTimeoutMS=2000) as client:
            hello = client.admin.command("hello")
            return bool(hello["isWritablePrimary"] and hello.get("setName"))
    except PyMongoError:
        return False
