"""Evidence, written as CSV and judged by `espalier judge` in a project made for it."""

import itertools
import json
import resource
import subprocess
import time

PIPELINE = """\
on: { push: { environment: prod } }
steps:
  validate: { run: "true", outputs: [evidence] }
  promote: { needs: [validate], promote: %s }
"""
# On disk at once, and judged in one call.
BATCH = 100


class Project:
    """Rules by the name of their pipeline, and the program that judges by them."""

    def __init__(self, program, folder, rules):
        self.program, self.folder = program, folder
        files = {"environments/project.yml": "default_branch: main\n", "environments/prod.yml": 'branches: ["release/**"]\n'}
        for name, promote in rules.items():
            promote = {"evidence": "${steps.validate.outputs.evidence}", **promote}
            files[f"pipelines/{name}.yml"] = PIPELINE % json.dumps(promote)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)

    def write(self, table, name="evidence"):
        """A table of NumPy columns by name, every number as exact as it is."""
        line = ",".join(["{}"] * (1 + len(table))) + "\n"
        rows = zip(itertools.count(), *(column.tolist() for column in table.values()))
        path = self.folder / f"{name}.csv"
        path.write_text(",".join(["id", *table]) + "\n" + "".join(itertools.starmap(line.format, rows)))
        return path

    def judge(self, pipeline, files, resamples=1_000, uses=0):
        """The verdict on each file. A file without a verdict is a bug of the bench or of the program."""
        command = [self.program, "judge", *files, "--project", self.folder, "--pipeline", pipeline,
                   "--resamples", str(resamples), "--uses", str(uses), "--json"]
        done = subprocess.run(command, text=True, capture_output=True)
        if done.returncode:
            raise SystemExit(f"espalier judge ended with {done.returncode}: {done.stderr.strip()}")
        judgements = json.loads(done.stdout)
        for judgement in judgements:
            if not judgement["findings"]:
                raise SystemExit(f"{judgement['file']}: {' '.join(judgement['reasons'])}")
        if len(judgements) != len(files):
            raise SystemExit(f"espalier judge was given {len(files)} files and answered of {len(judgements)}")
        return judgements

    def judge_all(self, pipeline, tables, resamples=1_000):
        """The verdict on each table. Its file is removed afterwards."""
        tables = iter(tables)
        while batch := list(itertools.islice(tables, BATCH)):
            files = [self.write(table, f"evidence-{place}") for place, table in enumerate(batch)]
            yield from self.judge(pipeline, files, resamples)
            for file in files:
                file.unlink()


def timed(action, *arguments):
    """Its result, the elapsed seconds, and the processor seconds, including those of programs that it ran."""
    began, before = time.monotonic(), processor_seconds()
    result = action(*arguments)
    return result, time.monotonic() - began, processor_seconds() - before


def processor_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
