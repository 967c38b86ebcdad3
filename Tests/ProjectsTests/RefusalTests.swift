import Testing

/// Bad input gets a message that says what, where, and what next.
@Suite struct RefusalTests {
    @Test(arguments: [
        ("  a: { runn: x }\n", "pipelines/dev.yml:3:8: steps.a.runn: unknown key (did you mean 'run'?)"),
        (
            "  a: { run: x, needs: [b] }\n  bb: { run: y }\n",
            "pipelines/dev.yml:3:23: steps.a.needs: needs 'b', which is not a step here (did you mean 'bb'?)"
        ),
        (
            "  a: { run: x, needs: [c] }\n  b: { run: x, needs: [a] }\n  c: { run: x, needs: [b] }\n",
            "pipelines/dev.yml:3:23: steps.a.needs: the steps need each other in a cycle: a → c → b → a (remove one of these needs)"
        ),
        (
            "  a: { run: x, needs: [a] }\n",
            "pipelines/dev.yml:3:23: steps.a.needs: the steps need each other in a cycle: a → a (remove one of these needs)"
        ),
        (
            "  a: { run: x, timeout: soon }\n",
            "pipelines/dev.yml:3:25: steps.a.timeout: expected a duration such as 90s, 10m, 6h, found text 'soon'"
        ),
        (
            "  a: { needs: [] }\n",
            "pipelines/dev.yml:3:3: steps.a: the step does nothing (give exactly one of run, register, promote, terraform)"
        ),
        (
            "  a: { run: x, register: { model: \"${steps.b.outputs.c}\" } }\n",
            "pipelines/dev.yml:3:3: steps.a: the step does several things: run, register (give exactly one of run, register, promote, terraform)"
        ),
        (
            "  a: { register: { model: newest } }\n",
            "pipelines/dev.yml:3:27: steps.a.register.model: 'newest' is not a reference to an output (write ${steps.STEP.outputs.OUTPUT})"
        ),
        (
            "  a: { run: x }\n  b: { register: { model: \"${steps.a.outputs.m}\" } }\n",
            "pipelines/dev.yml:4:3: steps.b: ${steps.a.outputs.m} is the output of a step that 'b' does not need (add 'a' to its needs)"
        ),
        (
            "  a: { run: x, compute: bigg }\n",
            "pipelines/dev.yml:1:1: steps.a.compute: environment 'dev' has no compute 'bigg' (did you mean 'big'?)"
        ),
        (
            "  a: { terraform: { plan: x, apply: y } }\n",
            "pipelines/dev.yml:3:19: steps.a.terraform: Terraform plans or applies (give exactly one of plan, apply)"
        ),
        (
            "  a: { terraform: { plan: ../x } }\n",
            "pipelines/dev.yml:3:27: steps.a.terraform.plan: '../x' is not a path within the repository (letters, digits, and . _ - / in between)"
        ),
        (
            "  a: { terraform: { plan: x, state: \"$(id)\" } }\n",
            "pipelines/dev.yml:3:37: steps.a.terraform.state: '$(id)' is not a path within the environment's data (letters, digits, and . _ - / in between)"
        ),
        (
            "  a: { terraform: { plan: x, shown: false } }\n",
            "pipelines/dev.yml:3:37: steps.a.terraform.shown: 'shown' has no effect beside 'plan'"
        ),
        (
            "  a: { run: x, outputs: [plan] }\n  b: { needs: [a], terraform: { apply: \"${steps.a.outputs.plan}\" } }\n",
            "pipelines/dev.yml:4:6: steps.b.terraform.apply: ${steps.a.outputs.plan} is not a plan (name the output `plan` of a step with terraform: { plan: FOLDER })"
        ),
        (
            "  \"a b\": { run: x }\n",
            "pipelines/dev.yml:3:3: steps.a b: 'a b' cannot name a step (letters, digits, - and _, at most 63)"
        ),
        (
            "  a: { run: x }\n  b: { needs: [a], promote: { evidence: \"${steps.a.outputs.e}\", floor: { roc_auk: 0.6 } } }\n",
            "pipelines/dev.yml:4:74: steps.b.promote.floor: unknown metric 'roc_auk' (did you mean 'roc_auc'?)"
        ),
        (
            "  a: { run: x }\n  b: { needs: [a], promote: { evidence: \"${steps.a.outputs.e}\", improve: { metric: brier, confidence: 2 } } }\n",
            "pipelines/dev.yml:4:103: steps.b.promote.improve.confidence: 2.0 is not a confidence (give a number between 0.5 and 1, such as 0.95)"
        ),
    ])
    func aPipelineIsRefused(steps: String, complaint: String) {
        #expect(complaints(pipeline(steps)) == [complaint])
    }

    @Test(arguments: [
        ("wieght", "environment 'dev' has no model 'wieght' (did you mean 'weight'?)"),
        ("other", "environment 'dev' has no model 'other' (add it: registry: { model: [risk, weight, other] })"),
    ])
    func aModelThatTheEnvironmentHasNotIsRefused(model: String, complaint: String) {
        let files = [
            "environments/dev.yml": "branches: [\"feature/**\"]\nregistry: { model: [risk, weight] }\n",
            "pipelines/x.yml": "on: { push: { environment: dev } }\nmodel: \(model)\nsteps: { a: { run: x } }\n",
        ]
        #expect(complaints(files) == ["pipelines/x.yml:2:8: model: \(complaint)"])
    }

    @Test(arguments: [
        (
            ["environments/dev.yml": "branchs: [x]\n"],
            "environments/dev.yml:1:1: branchs: unknown key (did you mean 'branches'?)"
        ),
        (
            ["environments/dev.yml": "branches: main\n"],
            "environments/dev.yml:1:11: branches: expected a list of text, found text 'main'"
        ),
        (
            ["environments/dev.yml": "sandbox: of\n"],
            "environments/dev.yml:1:10: sandbox: 'of' is not one of required, best-effort, off (did you mean 'off'?)"
        ),
        (
            ["environments/dev.yml": "compute: { big: { memory: lots } }\n"],
            "environments/dev.yml:1:27: compute.big.memory: expected a size such as 512MiB, 8GiB, found text 'lots'"
        ),
        (
            [
                "environments/a.yml": "branches: [\"release/**\"]\n",
                "environments/b.yml": "branches: [main, \"release/1.*\"]\n",
            ],
            "environments/b.yml:1:18: branches: 'release/1.*' overlaps 'release/**' of environment 'a' (a branch maps to one environment: make the patterns disjoint)"
        ),
        (
            dev.merging(["pipelines/p.yml": "on: { push: { environment: dve } }\nsteps: { a: { run: x } }\n"]) { $1 },
            "pipelines/p.yml:1:1: on.push.environment: there is no environment 'dve' (did you mean 'dev'?)"
        ),
        (
            dev.merging(["pipelines/p.yml": "on: {}\nsteps: { a: { run: x } }\n"]) { $1 },
            "pipelines/p.yml:1:5: on: nothing starts this pipeline (give one of push, change, schedule, drift)"
        ),
        (
            dev.merging(["pipelines/p.yml": "on: { push: { environment: dev } }\n"]) { $1 },
            "pipelines/p.yml:1:1: 'steps' is missing (the steps, each with what it needs)"
        ),
        (
            dev.merging([
                "pipelines/p.yml":
                    "on: { schedule: { cron: \"0 0 11 * * ?\", environment: dev, start: tomorrow } }\nsteps: { a: { run: x } }\n"
            ]) { $1 },
            "pipelines/p.yml:1:66: on.schedule.start: 'tomorrow' is not a time (write it like 2026-01-31T08:00:00Z)"
        ),
        (
            dev.merging([
                "pipelines/p.yml":
                    "on: { drift: { environment: dev, of: q } }\nsteps: { a: { run: x } }\n"
            ]) { $1 },
            "pipelines/p.yml:1:1: on.drift.of: there is no pipeline 'q' (did you mean 'p'?)"
        ),
        (
            dev.merging([
                "pipelines/p.yml":
                    "on: { schedule: { cron: \"0 0 11 * * ?\", environment: dev, timezone: Europe/Berln } }\nsteps: { a: { run: x } }\n"
            ]) { $1 },
            "pipelines/p.yml:1:69: on.schedule.timezone: 'Europe/Berln' is not a time zone (did you mean 'Europe/Berlin'?)"
        ),
    ])
    func aProjectIsRefused(files: [String: String], complaint: String) {
        #expect(complaints(files) == [complaint])
    }

    @Test(arguments: ["0 0 25 * * ?", "0 0 11 * *", "0 0 11 * * *", "every day"])
    func aBadCronIsRefusedWithItsPlace(cron: String) throws {
        let files = dev.merging([
            "pipelines/p.yml": "on: { schedule: { cron: \"\(cron)\", environment: dev } }\nsteps: { a: { run: x } }\n"
        ]) { $1 }
        let found = complaints(files)
        #expect(found.count == 1 && found[0].hasPrefix("pipelines/p.yml:1:25: on.schedule.cron: "), "\(found)")
    }

    @Test func allProblemsAreToldAtOnce() {
        #expect(complaints(pipeline("  a: { runn: x, tmeout: 5 }\n  b: { run: [] }\n")).count == 3)
    }
}
