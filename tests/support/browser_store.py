"""What a browser keeps of conversations, as assets/page/store does with what the server hands it; in memory."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]


@dataclass
class KeptNode:
    """A message by its text; one that is `done` grows no more."""

    parent: str | None
    text: str
    done: bool


@dataclass
class Kept:
    """A conversation. `nodes` are in the order in which they first came."""

    head: Json
    nodes: dict[str, KeptNode] = field(default_factory=dict)
    setups: Json = field(default_factory=dict)


class BrowserStore:
    """The conversations of one browser, which all its tabs share."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.deleted: set[str] = set()

    def save(self, save: Json) -> bool:
        """Keeps a part of a conversation. Whether it hangs on a node that is not kept."""
        if save["id"] in self.deleted:
            return False
        head = {name: save[name] for name in ("id", "title", "titled", "updated", "leaf", "panel")}
        kept = self.kept.get(save["id"])
        if kept is None:
            kept = self.kept[save["id"]] = Kept(head)
        if head["updated"] >= kept.head["updated"]:
            kept.head |= {name: head[name] for name in ("updated", "leaf", "panel")}
        if head["titled"] > kept.head["titled"]:
            kept.head |= {name: head[name] for name in ("title", "titled")}
        kept.setups |= save["setups"]
        for node in save["nodes"]:
            self._keep(kept, node, node["id"] == save["growing"])
        return any(node["parent"] is not None and node["parent"] not in kept.nodes for node in save["nodes"])

    @staticmethod
    def _keep(kept: Kept, node: Json, is_growing: bool) -> None:
        text = json.dumps({"message": node["message"], "asked": node["asked"]})
        before = kept.nodes.get(node["id"])
        if before is None:
            kept.nodes[node["id"]] = KeptNode(node["parent"], text, not is_growing)
        elif not (before.done or is_growing) or len(text) > len(before.text):
            kept.nodes[node["id"]] = KeptNode(node["parent"], text, before.done or not is_growing)

    def rename(self, id: str, title: str, at: str) -> None:
        """Gives a conversation a title, later than the one before it."""
        head = self.kept[id].head
        before = head["titled"] and datetime.fromisoformat(head["titled"]) + timedelta(milliseconds=1)
        head |= {"title": title, "titled": max(at, before and before.isoformat(timespec="milliseconds"))}

    def delete(self, id: str) -> None:
        """Forgets a conversation for good."""
        self.deleted.add(id)
        self.kept.pop(id, None)

    def have(self, id: str) -> list[str]:
        """The nodes that need not come again."""
        kept = self.kept.get(id)
        return [node for node, row in kept.nodes.items() if row.done] if kept else []

    def document(self, id: str) -> Json | None:
        """A conversation as the page hands it to the server."""
        kept = self.kept.get(id)
        if kept is None:
            return None
        head, panel = {k: v for k, v in kept.head.items() if k != "panel"}, kept.head["panel"]
        nodes = _in_order([{"id": n, "parent": row.parent, **json.loads(row.text)} for n, row in kept.nodes.items()])
        head["leaf"] = head["leaf"] if head["leaf"] in kept.nodes else nodes[-1]["id"]
        return {"format": "mistral-chat/2", **head, **panel, "nodes": nodes, "setups": kept.setups}


def _in_order(nodes: list[Json]) -> list[Json]:
    """Each after its parent; one whose parent is not kept begins a branch."""
    known, placed = {node["id"] for node in nodes}, dict[str, Json]()
    while len(placed) < len(nodes):
        for node in nodes:
            parent = node["parent"] if node["parent"] in known else None
            if node["id"] not in placed and (parent is None or parent in placed):
                placed[node["id"]] = node | {"parent": parent}
    return list(placed.values())
