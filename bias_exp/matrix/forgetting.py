"""What the command `forget` does: finds pictures wherever they are, says so, and takes them out when told to."""

from dataclasses import dataclass
from pathlib import Path

from bias_exp.collect.forget import Found, Search, forget
from bias_exp.collect.wanted import alike, of_picture, wanted_names
from bias_exp.errors import RequestError
from bias_exp.places import Places, shown
from bias_exp.progress import Report, silent
from bias_exp.rundir import manifest_sha256
from bias_exp.tracking.client import tracking_uri
from bias_exp.tracking.complete import CompletePhase, complete_phases, follow


@dataclass(frozen=True)
class ForgetRequest:
    """What is to be forgotten, and where it is looked for; `distance` counts bits of the perceptual hash, of 64.

    Without `distance` a picture file is known by its bytes alone, and a perceptual hash by all of its bits.
    """

    names: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    picture: Path | None = None
    distance: int | None = None
    below: tuple[Path, ...] = ()
    roots: bool = False

    @property
    def search(self) -> Search:
        """Where it is looked for; the working folder where nothing is said.

        Raises:
            RequestError: a folder is not there.
        """
        folders = self.below or (Places.here().home,)
        if missing := [folder for folder in folders if not folder.is_dir()]:
            raise RequestError(f"expected folders to search in --below, found none at {missing[0]}")
        return Search(folders, self.roots)

    def wanted(self, report: Report) -> tuple[set[str], list[str]]:
        """sha256 of the pictures (or the first 16 digits), and lines that say how they were come by.

        Raises:
            RequestError: nothing is asked for, or it cannot be read.
        """
        names, hashes = wanted_names(self.names), {one.strip().lower() for one in self.hashes}
        if self.picture is not None:
            sha256, looks = of_picture(self.picture)
            names.add(sha256)
            hashes |= set() if self.distance is None else {looks}
        if not names and not hashes:
            raise RequestError(
                "expected --sha256, --phash or --picture, found none of them; say what is to be forgotten"
            )
        found = alike(self.search, hashes, self.distance or 0, report) if hashes else {}
        lines = [f"alike    {sha256[:16]}: {bits} bit(s) apart" for sha256, bits in sorted(found.items())]
        return names | set(found), lines


def run_forget(request: ForgetRequest, uri: str | None, *, do: bool, report: Report = silent) -> str:
    """What there is of the pictures, and what was done or would be.

    Raises:
        RequestError: the request is not clear, or nothing there is known by it.
        TrackingGone: the server did not answer; nothing is done then.
    """
    search = request.search
    wanted, lines = request.wanted(report)
    found = search.find(wanted)
    phases = complete_phases(uri)
    found.beyond += _elsewhere(phases, found, tracking_uri(uri))
    said = "\n".join([*lines, *found.lines()])
    if not do:
        end = "nothing was changed; add --yes to do it" if found.anything else "nothing of it was found here"
        return "\n".join(part for part in (said, end) if part)
    forget(found, search)
    n_tags = follow(phases, uri)
    where = ", ".join(shown(folder) for folder in search.folders)
    folders = f"{len(found.sealed)} finished folder(s), {len(found.audits)} audit(s)"
    counts = f"{len(found.held) + len(found.tables)} table(s), {folders}, {n_tags} tag(s) of runs"
    end = f"forgotten below {where}: {counts}, {len(found.files) + len(found.caches)} file(s) deleted"
    return "\n".join(part for part in (said, end) if part)


def _elsewhere(phases: list[CompletePhase], found: Found, server: str) -> list[str]:
    """Runs whose own copy of a folder that holds the pictures is not among those that are reached."""
    contents = {manifest_sha256(folder) for folder in found.sealed}
    return [
        f"run {phase.name} ({phase.run_id}) at {server}: its artifacts of {phase.tag} are not below the folders; "
        "delete the run there"
        for phase in phases
        if phase.content in contents and phase.folder not in found.sealed
    ]
