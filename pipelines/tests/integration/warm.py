"""Runs steps in processes of their own that need not import the libraries again: forks of this one, which has imported them.

A step takes about 3 s, of which 2.3 s are imports of MLflow, scikit-learn and pandas. The project's own modules are imported by the
fork. A line of JSON comes in for each step, and one goes out when it has ended.
"""

import json
import os
import runpy
import sys
import traceback

LIBRARIES = ("mlflow", "mlflow.sklearn", "sklearn.ensemble", "sklearn.linear_model", "sklearn.pipeline", "pandas", "pyarrow.dataset",
             "pyarrow.parquet", "deltalake", "hyperopt", "yaml")


def run(module: str, folder: str, variables: dict[str, str], log: str) -> int:
    """The step's exit code; what it prints goes to the file `log`."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(variables)
        sys.path[0] = os.path.join(folder, "pipelines")
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    for name in LIBRARIES:
        __import__(name)
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
