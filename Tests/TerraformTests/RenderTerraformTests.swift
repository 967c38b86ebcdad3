import Foundation
import ProjectFiles
import Projects
import Terraform
import Testing

private let files = [
    "environments/prod.yml": """
    branches: ["release/**"]
    identity: prod sp
    env: { B: "2", A: "${x} %{y}" }
    sandbox: off
    compute:
      big: { cpus: 2, timeout: 2h, databricks: { spark_version: 15.4.x, node_type_id: n, num_workers: 3, policy_id: p } }
      old: { databricks: { existing_cluster_id: 1-2 } }
    """,
    "pipelines/release.yml": """
    on: { push: { environment: prod } }
    concurrency: { group: g, supersede: queued }
    timeout: 1d
    steps:
      b: { needs: [a], run: "b", compute: old, env: { V: "${steps.a.outputs.v}", W: w } }
      a: { run: "echo ${HOME}", compute: big, outputs: [m], timeout: 5m, retry: { lost: 2 } }
      r: { needs: [b], register: { model: "${steps.b.outputs.m}" } }
      c: { needs: [r, a], run: c }
    """,
    "pipelines/daily.yml": """
    on: { schedule: { cron: "0 0 11 * * ?", timezone: Europe/Berlin, environment: prod, overlap: skip, jitter: 5m } }
    steps: { x: { run: x, compute: old } }
    """,
    "pipelines/other.yml": "on: { change: { target: main, environment: dev } }\nsteps: { x: { run: x } }\n",
    "environments/dev.yml": "branches: [dev]\n",
]

private func render(_ changed: [String: String] = [:], _ environment: String = "prod") throws -> TerraformRendering {
    let all = files.merging(changed) { $1 }
    let project = try Project.read(readSources(all.mapValues { Array($0.utf8) }), fallbackName: "clinic")
    return try renderTerraform(project, #require(project.environment(named: environment)), runner: "t/run_step.py")
}

private func job(_ name: String, _ rendering: TerraformRendering) throws -> [String: Any] {
    let root = try JSONSerialization.jsonObject(with: Data(rendering.text.utf8)) as? [String: Any]
    let jobs = (root?["resource"] as? [String: Any])?["databricks_job"] as? [String: Any]
    return try #require(jobs?[name] as? [String: Any])
}

@Suite struct RenderTerraformTests {
    @Test func tasksAreStepsInTheOrderOfTheirNames() throws {
        let tasks = try #require(try job("release", render())["task"] as? [[String: Any]])
        #expect(tasks.map { $0["task_key"] as? String } == ["a", "b", "c"])
        #expect(tasks.map { $0["timeout_seconds"] as? Int } == [300, 3_600, 3_600])
        // `c` needs `r`, which is no command, and so what `r` needs.
        #expect(tasks[2]["depends_on"] as? [[String: String]] == [["task_key": "a"], ["task_key": "b"]])
        #expect(tasks[0]["depends_on"] == nil)
    }

    @Test func whatTerraformWouldTakeForAnExpressionIsEscaped() throws {
        let tasks = try #require(try job("release", render())["task"] as? [[String: Any]])
        let parameters = (tasks[0]["spark_python_task"] as? [String: Any])?["parameters"] as? [String]
        #expect(parameters == ["A=$${x} %%{y}", "B=2", "--", "echo $${HOME}"])
    }

    @Test func computeIsAClusterOfTheJobAnExistingOneOrAVariable() throws {
        let release = try job("release", render())
        let tasks = try #require(release["task"] as? [[String: Any]])
        #expect(tasks[0]["job_cluster_key"] as? String == "big")
        #expect(tasks[1]["existing_cluster_id"] as? String == "1-2")
        #expect(tasks[2]["existing_cluster_id"] as? String == "${var.cluster_default}")
        let clusters = try #require(release["job_cluster"] as? [[String: Any]])
        #expect(clusters.count == 1 && (clusters[0]["new_cluster"] as? [String: Any])?["num_workers"] as? Int == 3)
        #expect(try render().text.contains("\"cluster_default\" : {"))
        #expect(try job("daily", render())["job_cluster"] == nil)
    }

    @Test func schedulesKeepTheirRuleAndZone() throws {
        let daily = try job("daily", render())
        #expect(
            daily["schedule"] as? [String: String]
                == ["quartz_cron_expression": "0 0 11 * * ?", "timezone_id": "Europe/Berlin"])
        #expect((daily["queue"] as? [String: Bool])?["enabled"] == false && daily["max_concurrent_runs"] as? Int == 1)
        #expect(try job("release", render())["schedule"] == nil)
    }

    @Test func theIdentityIsAServicePrincipalThatJobsRunAs() throws {
        #expect(
            try job("daily", render())["run_as"] as? [String: String]
                == ["service_principal_name": "${databricks_service_principal.prod_sp.application_id}"])
        #expect(try render().text.contains("\"display_name\" : \"prod sp\""))
        #expect(try !render([:], "dev").text.contains("run_as"))
    }

    @Test func whatIsLostIsSaid() throws {
        let remarks = try render().remarks
        for remark in [
            "environments/prod.yml: not expressed: sandbox",
            "environments/prod.yml: compute.big: not expressed: cpus; the cluster's nodes decide",
            "pipelines/release.yml: on.push: not expressed: no push starts a Databricks job; have CI run it",
            "pipelines/release.yml: concurrency.supersede: not expressed",
            "pipelines/release.yml: steps.a: not expressed: outputs, retry",
            "pipelines/release.yml: steps.b: not expressed: env.V",
            "pipelines/daily.yml: on.schedule: not expressed: misfire, jitter, dst: wall-once",
        ] {
            #expect(remarks.contains(remark), "\(remark) in \(remarks)")
        }
        #expect(remarks.contains { $0.contains("steps.r: not expressed: Databricks does not register models") })
    }

    @Test func theTextIsTheSameEachTime() throws {
        let first = try render()
        for _ in 0..<20 { #expect(try render() == first) }
    }

    @Test func anEmptyMappingAndNamesThatMeetAreRefused() throws {
        let halved = [
            "environments/prod.yml": "branches: [r]\ncompute: { big: { databricks: { node_type_id: n } }, old: {} }\n"
        ]
        #expect(
            try #require(#expect(throws: Problems.self) { try render(halved) }).description.contains(
                "compute.big.databricks: names no cluster (give existing_cluster_id, or spark_version and node_type_id)"
            ))
        let twins = [
            "pipelines/a b.yml": files["pipelines/daily.yml"] ?? "",
            "pipelines/a_b.yml": files["pipelines/daily.yml"] ?? "",
        ]
        #expect(
            try #require(#expect(throws: Problems.self) { try render(twins) }).description.contains(
                "two pipelines would be the Terraform resource databricks_job.a_b"))
    }
}
