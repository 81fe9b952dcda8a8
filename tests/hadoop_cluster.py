"""A real HDFS on this machine, for tests: NameNode and DataNodes as processes of their own, which can be killed alone.

`make engines` brings the jars. YARN's ResourceManager and NodeManager stand beside it where a test asks for them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

JARS = Path(os.environ.get("JOURNEYMAN_ENGINES", Path(__file__).parents[1] / "build" / "engines")) / "hadoop"
_START = 300.0  # seconds
_PACKAGES = ("io", "lang", "lang.reflect", "math", "net", "text", "util", "util.concurrent", "util.zip")
_OPENED = [f"java.base/java.{name}" for name in _PACKAGES] + [
    "java.base/sun.security.util",
    "java.base/sun.security.x509",
]
_NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
_DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"


def lacking() -> str:
    """Return what is not here that HDFS and its client need; empty where all is."""
    if find_spec("hdfs_native") is None:
        return "journeyman[hdfs] is not installed"
    if shutil.which("java") is None:
        return "java is not installed"
    return "" if any(JARS.glob("hadoop-client-minicluster-*.jar")) else "Hadoop's jars are not here: make engines"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def write_settings(file: Path, settings: Mapping[str, object]) -> None:
    """Write a file as Hadoop reads it."""
    entries = [f"<property><name>{k}</name><value>{v}</value></property>" for k, v in settings.items()]
    file.write_text("<configuration>\n" + "\n".join(entries) + "\n</configuration>\n")


class Cluster:
    """A NameNode and some DataNodes; their data outlive their processes."""

    def __init__(self, folder: Path, datanodes: int, replication: int = 1) -> None:
        self.folder, self.port = folder, free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.address = f"hdfs://{self.host}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._common = {
            "fs.defaultFS": self.address,
            "dfs.namenode.name.dir": f"file://{folder}/name",
            "dfs.namenode.http-address": f"127.0.0.1:{free_port()}",
            "dfs.replication": replication,
            "dfs.namenode.replication.min": 1,
            "dfs.namenode.safemode.extension": 0,
            "dfs.namenode.handler.count": 4,
            "dfs.namenode.heartbeat.recheck-interval": 1000,
            "dfs.heartbeat.interval": 1,
            "dfs.namenode.redundancy.interval.seconds": 1,
            "dfs.namenode.fs-limits.min-block-size": 1024,
            "dfs.client.block.write.replace-datanode-on-failure.policy": "NEVER",
            "hadoop.security.groups.cache.secs": 1,
            "hadoop.tmp.dir": f"{folder}/tmp",
        }
        self.configuration = folder / "namenode"
        self.configuration.mkdir()
        write_settings(self.configuration / "core-site.xml", self._common)
        write_settings(self.configuration / "hdfs-site.xml", self._common)
        self._java("format", self.configuration, _NAMENODE, "-format", "-force").wait(_START)
        for number in range(datanodes):
            own = folder / f"datanode{number}"
            own.mkdir()
            ports = {
                f"dfs.datanode.{n}": f"127.0.0.1:{free_port()}" for n in ("address", "http.address", "ipc.address")
            }
            write_settings(own / "core-site.xml", self._common)
            data = {"dfs.datanode.data.dir": f"file://{own}/data", "dfs.datanode.max.transfer.threads": 64}
            write_settings(own / "hdfs-site.xml", {**self._common, **ports, **data})
        self._datanodes = datanodes

    def start(self) -> None:
        """Start all, and wait until files can be written."""
        self.start_namenode()
        for number in range(self._datanodes):
            self.start_datanode(number)
        self.wait_for(self._datanodes)

    def start_namenode(self) -> None:
        """Start the NameNode."""
        self._processes["namenode"] = self._java("namenode", self.configuration, _NAMENODE)

    def start_datanode(self, number: int) -> None:
        """Start a DataNode."""
        name = f"datanode{number}"
        self._processes[name] = self._java(name, self.folder / name, _DATANODE)

    def wait_for(self, datanodes: int) -> None:
        """Wait until so many DataNodes are there: the NameNode tells it to anyone over HTTP."""
        self._wait({"NumLiveDataNodes": datanodes, "FSState": "Operational"})

    def wait_for_copies(self) -> None:
        """Wait until every block lies on as many DataNodes as it should: a writer goes on where one is missing."""
        self._wait({"UnderReplicatedBlocks": 0, "PendingReplicationBlocks": 0})

    def _wait(self, wanted: Mapping[str, object]) -> None:
        url = (
            f"http://{self._common['dfs.namenode.http-address']}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState"
        )
        end = time.monotonic() + _START
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    state = json.load(answer)["beans"][0]
                if all(state[name] == value for name, value in wanted.items()):
                    return
            except (OSError, IndexError):
                state = {}
            assert time.monotonic() < end, f"HDFS is not as it should be: {state}"
            time.sleep(0.2)

    def kill_datanodes(self) -> None:
        """Kill all DataNodes that are left."""
        for name in [name for name in self._processes if name.startswith("datanode")]:
            self.kill(name)

    def kill(self, name: str) -> None:
        """Kill "namenode" or "datanode0" as a power cut does."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def pause(self, name: str, going: bool) -> None:
        """Let a process stand still, its connections open, or go on."""
        self._processes[name].send_signal(signal.SIGCONT if going else signal.SIGSTOP)

    def admin(self, *arguments: str) -> None:
        """Run `hdfs dfsadmin`."""
        done = self._java("admin", self.configuration, "org.apache.hadoop.hdfs.tools.DFSAdmin", *arguments).wait(_START)
        assert done == 0, (self.folder / "admin.txt").read_text()

    def launch(self, name: str, configuration: Path, *arguments: str) -> None:
        """Start another process of Hadoop's, which ends with the cluster."""
        self._processes[name] = self._java(name, configuration, *arguments)

    def stop(self) -> None:
        """Kill all."""
        for name in list(self._processes):
            self.kill(name)

    def _java(self, name: str, configuration: Path, *arguments: str) -> subprocess.Popen[bytes]:
        opened = [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED]
        command = [
            "java",
            "-Xms48m",
            "-Xmx256m",
            "-XX:ActiveProcessorCount=2",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
        ]
        said = (self.folder / f"{name}.txt").open("ab")
        whole = [*command, *opened, "-cp", f"{configuration}:{JARS}/*", *arguments]
        return subprocess.Popen(whole, stdout=said, stderr=said, cwd=self.folder)


class Yarn:
    """A ResourceManager and a NodeManager beside an HDFS."""

    def __init__(self, hdfs: Cluster) -> None:
        self._hdfs = hdfs
        self.configuration = hdfs.folder / "yarn"
        self.configuration.mkdir()
        write_settings(self.configuration / "core-site.xml", {"fs.defaultFS": hdfs.address})
        manager = "yarn.resourcemanager"
        addresses = ("address", "scheduler.address", "resource-tracker.address", "admin.address", "webapp.address")
        ports = {f"{manager}.{name}": f"127.0.0.1:{free_port()}" for name in addresses}
        self.web = ports[f"{manager}.webapp.address"]
        node = {"address": free_port(), "localizer.address": free_port(), "webapp.address": free_port()}
        ports |= {f"yarn.nodemanager.{name}": f"127.0.0.1:{port}" for name, port in node.items()}
        schedulers = "org.apache.hadoop.yarn.server.resourcemanager.scheduler"
        write_settings(
            self.configuration / "yarn-site.xml",
            {
                **ports,
                f"{manager}.hostname": "127.0.0.1",
                f"{manager}.scheduler.class": f"{schedulers}.fifo.FifoScheduler",
                "yarn.scheduler.minimum-allocation-mb": 256,
                "yarn.nodemanager.resource.memory-mb": 6144,
                "yarn.nodemanager.resource.cpu-vcores": 4,
                "yarn.nodemanager.vmem-check-enabled": "false",
                "yarn.nodemanager.pmem-check-enabled": "false",
                "yarn.nodemanager.delete.debug-delay-sec": 600,
                "yarn.nodemanager.local-dirs": hdfs.folder / "yarn-local",
                "yarn.nodemanager.log-dirs": hdfs.folder / "yarn-logs",
                "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.9",
            },
        )

    def start(self) -> None:
        """Start both, and wait until the node is there."""
        places = ("resourcemanager.ResourceManager", "nodemanager.NodeManager")
        for place in places:
            name = place.partition(".")[0]
            self._hdfs.launch(name, self.configuration, f"org.apache.hadoop.yarn.server.{place}")
        end = time.monotonic() + _START
        while True:
            try:
                with urllib.request.urlopen(f"http://{self.web}/ws/v1/cluster/metrics", timeout=5) as answer:
                    if json.load(answer)["clusterMetrics"]["activeNodes"] == 1:
                        return
            except OSError:
                pass
            assert time.monotonic() < end, "YARN does not start"
            time.sleep(0.5)

    def stop(self) -> None:
        """Kill both; the HDFS goes on."""
        for name in ("resourcemanager", "nodemanager"):
            self._hdfs.kill(name)


@contextmanager
def cluster(folder: Path, datanodes: int, replication: int = 1) -> Iterator[Cluster]:
    """Yield an HDFS that answers; it is killed afterwards."""
    made = Cluster(folder, datanodes, replication)
    try:
        made.start()
        yield made
    finally:
        made.stop()
