"""Contract checks that any exporter of whole releases can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from journeyman.interfaces import Deployment, DeploymentExporter
from journeyman.testing.run_all import run_all

__all__ = ["DEPLOYMENT_CHECKS", "check_deployment"]


def check_deployment(exporter: DeploymentExporter, deployment: Deployment) -> None:
    """Run every check.

    Parameters
    ----------
    deployment : Deployment
        Of a release that is there: ``journeyman.api.export_deployment.deployment_of(release)``.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the exporter.

    Examples
    --------
    >>> import journeyman
    >>> from journeyman.api.export_deployment import deployment_of
    >>> from journeyman.exporters.docker import DockerExporter
    >>> check_deployment(DockerExporter(), deployment_of(journeyman.load("houses")))  # doctest: +SKIP
    """
    run_all(f"the exporter {exporter.name}", DEPLOYMENT_CHECKS, exporter, deployment)


def _writes_a_readme(exporter: DeploymentExporter, deployment: Deployment) -> None:
    with TemporaryDirectory() as folder:
        exporter.write(deployment, Path(folder))
        readme = Path(folder, "README.md")
        assert readme.is_file(), "nothing says what to do with it: write README.md"
        text = readme.read_text("utf-8")
        assert deployment.name in text, "README.md does not say which model it is"
        assert str(deployment.version) in text, "README.md does not say which version it is"


def _writes_the_same_again(exporter: DeploymentExporter, deployment: Deployment) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        exporter.write(deployment, Path(one))
        exporter.write(deployment, Path(other))
        first, second = _contents(Path(one)), _contents(Path(other))
        assert first.keys() == second.keys(), "another export has other files"
        different = [name for name in first if first[name] != second[name]]
        assert not different, f"another export has other bytes in {', '.join(different[:3])}"


def _leaves_the_release_alone(exporter: DeploymentExporter, deployment: Deployment) -> None:
    before = _contents(deployment.release)
    with TemporaryDirectory() as folder:
        exporter.write(deployment, Path(folder))
    assert _contents(deployment.release) == before, "it changes the release"


def _predicts_as_the_release(exporter: DeploymentExporter, deployment: Deployment) -> None:
    if exporter.toolchain() is not None:
        return
    with TemporaryDirectory() as folder:
        exporter.write(deployment, Path(folder))
        told = exporter.check(deployment, Path(folder))
    assert len(told) == len(deployment.rows), f"{len(deployment.rows)} rows were asked and {len(told)} answered"
    assert tuple(told) == deployment.predictions, "it predicts otherwise than the release"


def _contents(folder: Path) -> Mapping[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


DEPLOYMENT_CHECKS: Mapping[str, Callable[[DeploymentExporter, Deployment], None]] = {
    "writes a README": _writes_a_readme,
    "writes the same again": _writes_the_same_again,
    "leaves the release alone": _leaves_the_release_alone,
    "predicts as the release": _predicts_as_the_release,
}
"""By what they check."""
