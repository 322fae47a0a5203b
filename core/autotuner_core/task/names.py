"""The names that Kubernetes and OME accept, and the names of a run's objects.

Sources: the Kubernetes page "Object Names and IDs" (RFC 1123 labels and subdomains), "Labels and Selectors"
(qualified names and label values), and OME's webhook for InferenceServices (`[a-z]([-a-z0-9]*[a-z0-9])?`).
"""

from __future__ import annotations

import re

LONGEST_LABEL = 63
LONGEST_SUBDOMAIN = 253
LONGEST_OBJECT = 50
"""OME names children `<isvc>-engine`, and pods get 17 characters more; 50 keeps every one of them within 63 or cut
by Kubernetes itself behind the unique part."""

OUR_PREFIX = "autotuner.io/"
MANAGER_LABEL = "app.kubernetes.io/managed-by"
"""The labels by which clean-up finds a run's objects: no task may set them."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMAGE = re.compile(
    r"[a-z0-9]([-a-z0-9._:]*[a-z0-9])?(/[a-z0-9._-]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i|m|e[0-9]+)?")


def label_fault(name: str) -> str:
    """What is wrong with a name for an object of one word (DNS-1123 label), or an empty string."""
    return _fault(name, _LABEL, LONGEST_LABEL, "lower-case letters, digits and hyphens, with no hyphen at either end")


def service_fault(name: str) -> str:
    """What is wrong with a name for an InferenceService: a DNS-1123 label that begins with a letter."""
    rule = "lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen"
    return _fault(name, _SERVICE, LONGEST_LABEL, rule)


def subdomain_fault(name: str) -> str:
    """What is wrong with a name for an object that may have dots (DNS-1123 subdomain), or an empty string."""
    rule = "lower-case letters, digits, hyphens and dots, with a letter or digit at either end"
    return _fault(name, _SUBDOMAIN, LONGEST_SUBDOMAIN, rule)


def label_value_fault(value: str) -> str:
    """What is wrong with a label's value, or an empty string; it may be empty."""
    rule = "letters, digits, hyphens, underscores and dots, with a letter or digit at either end"
    return _fault(value, _QUALIFIED, LONGEST_LABEL, rule) if value else ""


def label_key_fault(key: str) -> str:
    """What is wrong with the key of a label, an annotation or a resource (`prefix/name`), or an empty string."""
    prefix, slash, name = key.rpartition("/")
    if slash and (fault := subdomain_fault(prefix)):
        return f"the part before the slash {fault}"
    rule = "letters, digits, hyphens, underscores and dots, with a letter or digit at either end"
    return _fault(name, _QUALIFIED, LONGEST_LABEL, rule)


def environment_fault(name: str) -> str:
    """What is wrong with the name of an environment variable, or an empty string."""
    return _fault(name, _ENVIRONMENT, 255, "letters, digits and underscores, not beginning with a digit")


def quantity_fault(quantity: str) -> str:
    """What is wrong with a Kubernetes quantity such as 16Gi, or an empty string."""
    if _QUANTITY.fullmatch(quantity):
        return ""
    return "must be a number with a unit, such as 512Mi, 16Gi or 1Ti"


def image_fault(image: str) -> str:
    """What is wrong with the name of a container image (`registry/path/name:tag`, `name@sha256:...`), or an empty
    string. The rules are those of the distribution project's reference grammar, without its finer points."""
    if _IMAGE.fullmatch(image):
        return ""
    return "must be an image's name, such as docker.io/lmsysorg/sglang:v0.5.5"


def _fault(name: str, pattern: re.Pattern[str], longest: int, rule: str) -> str:
    if not name:
        return "must not be empty"
    if len(name) > longest:
        return f"must have at most {longest} characters, but has {len(name)}"
    return "" if pattern.fullmatch(name) else f"must be {rule}"


def suggestion(name: str, *, dots: bool = False) -> str:
    """A right name that is near to a wrong one, or an empty string where nothing of it can be kept."""
    kept = re.sub(r"[^a-z0-9.]+" if dots else r"[^a-z0-9]+", "-", name[:500].lower())
    kept = re.sub(r"[-.]*\.[-.]*", ".", kept).strip("-.")
    kept = kept if dots else kept.lstrip("-0123456789")
    return kept[: LONGEST_SUBDOMAIN if dots else LONGEST_LABEL].rstrip("-.")


def object_name(task_name: str, run_id: str, experiment: int) -> str:
    """The name of an experiment's objects: `{task_name}-{run}-exp{n}`, at most LONGEST_OBJECT characters.

    `run` are the last four letters or digits of the run's id. The task's name is cut where needed; the unique part
    is at the end, where OME's own cuts (the last 20 characters) keep it.
    """
    run = re.sub(r"[^a-z0-9]", "", run_id.lower())[-4:]
    tail = f"-{run}-exp{experiment}"
    return task_name[: LONGEST_OBJECT - len(tail)].rstrip("-") + tail
