/// The README of a new project: what to do first, in commands that work.
///
/// - Parameter server: what pip installs for the embedded registry, such as `mlflow==3.17.2`.
func readme(_ answers: Answers, server: String) -> String {
    let branch = answers.defaultBranch
    // The first branch of a pattern: `release/**` → `release/1`.
    let release = answers.releaseBranches.replacing(/\*+/, with: "1")
    let embedded = answers.registry == "embedded"
    let registry = """
        python3 -m venv .venv/server && .venv/server/bin/pip install -q \(server)
        export ESPALIER_MLFLOW_PYTHON=$PWD/.venv/server/bin/python

        """
    return """
        # \(answers.name)

        A model on real births, from features to daily predictions, trained and released by Espalier.
        Feature branches are dev, `\(branch)` is staging, `\(answers.releaseBranches)` is prod. `pipelines/` holds the steps and
        `pipelines/README.md` what they predict; `environments/` says where they run and with what.

        ## First

        Install the packages of the steps\(embedded ? " and the registry's server" : ""), then check that everything works:

        ```sh
        python3 -m venv .venv/project && .venv/project/bin/pip install -q -r pipelines/requirements.txt
        export PATH=$PWD/.venv/project/bin:$PATH
        \(embedded ? registry : "")espalier validate
        python -m pytest -q pipelines/tests/unit
        python -m pytest -q pipelines/tests/integration
        ```

        Start the daemon, and give it a repository to watch (an existing one, or this one):

        ```sh
        espalier serve > espalier.log 2>&1 &
        git init --bare --initial-branch=\(branch) ../\(answers.name).git
        git remote add origin ../\(answers.name).git && git push origin HEAD:refs/heads/\(branch)
        espalier adopt ../\(answers.name).git --name \(answers.name)
        ```

        Work on a branch; propose it; release what has landed:

        ```sh
        git checkout -b feature/first
        git commit --allow-empty -m "Try it" && git push origin HEAD
        espalier runs 1 --wait
        git push origin HEAD:refs/for/\(branch)
        espalier runs 2 --wait
        espalier changes
        ```

        (The pushes say which runs they started.) When the change is merged:
        `git fetch origin && git push origin origin/\(branch):refs/heads/\(release)`. The first model is promoted if it passes its
        floors, and its schedules go live: `espalier decisions`, `espalier schedules`.

        ## Then

        - `pipelines/feature_selection_config.yml` chooses the features; `pipelines/feature_mappings.yml` says what the data hold.
        - `environments/project.yml` has the answers that this was started with; `espalier config prod --explain` shows what holds.
        - `espalier upgrade` brings what is new in the template, as a merge.

        """
}
