"""What is explained: one class of each picture for each head, and the logits that belong to it."""

from torch import Tensor, int64

from bias_exp.errors import RequestError


def check_targets(targets: dict[str, Tensor], n_images: int) -> None:
    """Prove that `targets` are one class for each image, before any work.

    Raises:
        ValueError: not int64 of shape (n_images,).
    """
    for head, target in targets.items():
        if target.dtype != int64 or target.shape != (n_images,):
            raise ValueError(
                f"targets[{head!r}] must be int64 of shape ({n_images},), one class for each image; "
                f"got {target.dtype} of shape {tuple(target.shape)}"
            )


def check_classes(targets: dict[str, Tensor], logits: dict[str, Tensor]) -> None:
    """Prove that the model has the heads of `targets`, and they the classes.

    Raises:
        RequestError: a head that the model does not have.
        ValueError: a class that a head does not have.
    """
    for head, target in targets.items():
        if head not in logits:
            raise RequestError(f"unknown head {head!r} in targets; choose from: {', '.join(logits)}")
        classes = logits[head].shape[1]
        if len(target) and (target.min() < 0 or target.max() >= classes):
            found = f"{target.min().item()} to {target.max().item()}"
            raise ValueError(f"targets[{head!r}] must be classes in 0 to {classes - 1}, got {found}")


def explained(logits: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """The explained class's logit of each picture, (n,) by head of `targets`; raises as `check_classes` does."""
    check_classes(targets, logits)
    # Copies, because a graph cannot keep what a caller made in inference mode.
    columns = {head: target.to(logits[head].device, copy=True)[:, None] for head, target in targets.items()}
    return {head: logits[head].gather(1, column)[:, 0] for head, column in columns.items()}
