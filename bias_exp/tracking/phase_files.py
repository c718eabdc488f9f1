"""The files of a complete phase on the server, each checked against the manifest that the run's complete tag names."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from bias_exp import rundir
from bias_exp.errors import IntegrityError
from bias_exp.keys import PhaseSpec
from bias_exp.tracking import tags
from bias_exp.tracking.artifacts import content_at


@dataclass(frozen=True)
class PhaseFiles:
    """Where the files of a complete phase are, and what its complete tag says they hold.

    address: of the run's artifacts. complete: the sha256 of the phase's manifest.
    """

    run_id: str
    address: str
    spec: PhaseSpec
    complete: str
    tracking_uri: str

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The sha256 of each file of the phase, by name.

        Raises:
            IntegrityError: the phase's manifest is not what the run's complete tag names.
        """
        listed = json.loads(self._checked(rundir.MANIFEST_NAME, self.complete))["files"]
        return {name: facts["sha256"] for name, facts in listed.items()}

    def read(self, name: str) -> bytes | None:
        """The content of a file, None where the phase wrote none of that name.

        Raises:
            IntegrityError: it is not what the phase's manifest names.
        """
        return self._checked(name, self.hashes[name]) if name in self.hashes else None

    def demand(self, name: str) -> bytes:
        """The content of a file that every such phase has.

        Raises:
            IntegrityError: as `read`; or there is none, since another version made the phase.
        """
        content = self.read(name)
        if content is None:
            raise IntegrityError(
                f"expected {name} among the files of the complete phase {self.spec.phase} of run {self.run_id}, "
                f"found {', '.join(sorted(self.hashes)) or 'none'}: another version made it; delete that run to have "
                "the cell done anew"
            )
        return content

    def _checked(self, name: str, sha256: str) -> bytes:
        folder = tags.artifact_folder(self.spec.phase, self.spec.key)
        try:
            content = content_at(self.address, f"{folder}/{name}", self.tracking_uri)
        except FileNotFoundError as error:
            raise IntegrityError(
                f"artifact {folder}/{name} of run {self.run_id} is gone from {error.filename}; delete that run to have "
                "the cell done anew"
            ) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise IntegrityError(
                f"artifact {folder}/{name} of run {self.run_id} is not what the run's complete tag names; "
                "delete that run to have the cell done anew"
            )
        return content
