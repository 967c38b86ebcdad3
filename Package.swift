// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// CI sets `ESPALIER_STRICT=1`: a warning there is an error; on a developer's machine it stays a warning.
let strict: [SwiftSetting] =
    ProcessInfo.processInfo.environment["ESPALIER_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : []
let swiftSettings: [SwiftSetting] =
    [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")] + strict

/// The two programs a push waits for have everything inside, the C library too: finding and linking it at each start costs
/// them several milliseconds.
let startsFast: [LinkerSetting] = [.unsafeFlags(["-static-executable"], .when(platforms: [.linux]))]

/// What counts through thousands of resamples, or years of moments, is optimized in debug builds, too: there it would take several
/// times as long, in demonstrations and tests.
let computesFast: [SwiftSetting] = [.unsafeFlags(["-O"])]

func pure(_ name: String, needs: [Target.Dependency] = [], settings: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: needs, swiftSettings: swiftSettings + settings)
}

func room(_ name: String, needs: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: needs + [.product(name: "Logging", package: "swift-log")],
        swiftSettings: swiftSettings)
}

/// - Parameter data: folders of files that the tests read from where they lie.
func tests(_ name: String, _ needs: Target.Dependency..., data: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + needs, exclude: data, swiftSettings: swiftSettings)
}

let package = Package(
    name: "espalier",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "espalier", targets: ["espalier"]),
        .executable(name: "espalier-minder", targets: ["espalier-minder"]),
        .executable(name: "espalier-hook", targets: ["espalier-hook"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without its trait for configuration files, which would compile a library that nobody here reads them with. Its products
        // `HummingbirdTesting` and `HummingbirdTLS` compile BoringSSL, most of a cold build: the tests ask the server itself.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: ["FullFoundation"]),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // MARK: C libraries of the system

        // libgit2's headers and link flags, from Debian's libgit2-dev.
        .systemLibrary(name: "Clibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        // OpenSSL's libcrypto, for digests and signatures.
        .systemLibrary(name: "Clibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // OpenSSL's libssl, for TLS to servers behind the door.
        .systemLibrary(name: "Clibssl", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        // What Swift cannot call by itself: variadic libgit2 options, mount(2) and friends.
        .target(name: "CPosix"),

        // MARK: The flow, decided purely (Foundation only)

        // Values of several kinds as JSON, in every format that was ever stored.
        pure("Formats"),
        // What can start work: a ref moved, a change was proposed, a schedule fired, a person asked.
        pure("Events", needs: ["Formats"]),
        // When a Quartz cron rule is due.
        pure("Cron", settings: computesFast),
        // Paired evidence + rules → promoted or not, with its numbers.
        pure("Promotion", settings: computesFast),
        // What users write: environments and pipelines, layered, each key knowing its file and line.
        pure("Projects", needs: ["Formats", "Cron", "Promotion"]),
        // Event + commit + configuration → exactly what will run, and why the rest will not.
        pure("Plans", needs: ["Formats", "Events", "Projects"]),
        // Runs and steps as a fold over appended facts.
        pure("Runs", needs: ["Formats", "Events", "Projects", "Plans"]),
        // A change as a fold over its facts, and what the gate does next about it.
        pure("Changes", needs: ["Formats", "Events", "Projects"]),
        // Which moments of a schedule fire now, and when to look again.
        pure("Schedules", needs: ["Formats", "Cron", "Projects"]),
        // What people are told, whom and when, and the texts of it.
        pure("Notices", needs: ["Formats", "Events", "Projects", "Plans", "Runs"]),
        // What people and programs are shown: one set of values for tables, JSON and pages.
        pure("Reports"),
        // Answers + template → the files of a new project.
        pure("Templates", needs: ["Projects"]),
        // An environment → Terraform JSON for Databricks, and what that leaves out; what a plan of Terraform's would do.
        pure("Terraform", needs: ["Cron", "Projects"]),

        // MARK: Adapters: each the one home of what it talks to; none imports another

        // SHA-256 of bytes and files, message codes and signatures, by libcrypto.
        .target(name: "Digests", dependencies: ["Clibcrypto"], swiftSettings: swiftSettings),
        // Repositories through libgit2: refs, trees, merges, compare-and-swap, fetch, checkout.
        .target(name: "Git", dependencies: ["Clibgit2", "Events"], swiftSettings: swiftSettings),
        // YAML files into nodes that know their line, by Yams.
        .target(
            name: "ProjectFiles", dependencies: ["Projects", .product(name: "Yams", package: "Yams")],
            swiftSettings: swiftSettings),
        // Everything that is remembered, in SQLite by GRDB.
        .target(
            name: "Store",
            dependencies: [
                "Formats", "Events", "Projects", "Plans", "Runs", "Changes", "Notices", "Promotion", "Schedules",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: swiftSettings),
        // Refs that changed on disk (inotify) and hooks that speak (a unix socket).
        .target(name: "Watching", dependencies: ["CPosix"], swiftSettings: swiftSettings),
        // Commands started under a minder, which outlives the daemon.
        .target(name: "Minding", dependencies: ["CPosix"], swiftSettings: swiftSettings),
        // Servers asked over HTTP, by FoundationNetworking: what adapters of servers are made of.
        .target(name: "HTTP", swiftSettings: swiftSettings),
        // Forges over REST: webhooks into meaning, requests and answers as values, and the calls themselves.
        .target(name: "Forges", dependencies: ["HTTP"], swiftSettings: swiftSettings),
        // Programs that are waited for.
        .target(name: "Programs", dependencies: ["CPosix"], swiftSettings: swiftSettings),
        // Posts and mail, by Debian's curl.
        .target(name: "Curl", dependencies: ["Notices", "Programs"], swiftSettings: swiftSettings),
        // MLflow's registry over REST.
        .target(name: "Registry", dependencies: ["HTTP"], swiftSettings: swiftSettings),
        // The JSON API and the pages, by Hummingbird and Mustache; and the door to servers behind us, by SwiftNIO and OpenSSL.
        .target(
            name: "Web",
            dependencies: [
                "Reports", "Clibssl", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),

        // MARK: The daemon's rooms, in the order of the flow: each imports only those above it

        // The daemon's own folder: paths, locks, failpoints, bells; and how files that steps left are read.
        room("Home", needs: ["Notices"]),
        // A project, its inputs and its files at a commit.
        room("Reading", needs: ["Home", "Events", "Projects", "Plans", "Digests", "Git", "ProjectFiles"]),
        // Where commands run, and what a step is given and leaves.
        room(
            "Executing",
            needs: [
                "Home", "Reading", "Events", "Projects", "Plans", "Runs", "Notices", "Reports", "Terraform", "Digests",
                "ProjectFiles", "Minding", "Programs",
            ]),
        // Models: registered, stated and signed, verified, promoted, restored.
        room(
            "Promoting",
            needs: [
                "Home", "Executing", "Events", "Projects", "Plans", "Runs", "Promotion", "Digests", "Store", "Minding",
                "Registry",
            ]),
        // Repositories and forges: adopted, watched, mirrored, linked.
        room(
            "Following",
            needs: [
                "Home", "Reading", "Notices", "Events", "Projects", "Plans", "Runs", "Changes", "Digests", "Git",
                "Store",
                "Watching",
                "Programs", "Forges",
            ]),
        // Changes: read, merged in memory, landed.
        room(
            "Gating",
            needs: [
                "Home", "Reading", "Following", "Notices", "Events", "Projects", "Plans", "Runs", "Changes", "Git",
                "Store",
                "Forges",
            ]),
        // Runs: planned, started, recorded, ended.
        room(
            "Running",
            needs: [
                "Home", "Executing", "Promoting", "Events", "Projects", "Plans", "Runs", "Changes", "Notices",
                "Terraform", "Store",
                "Registry",
            ]),
        // Schedules: what is due, with which champion, after which others.
        room(
            "Firing",
            needs: [
                "Home", "Reading", "Promoting", "Notices", "Events", "Projects", "Schedules", "Store", "Registry",
                "Watching",
            ]),
        // Notices on their way to people.
        room("Telling", needs: ["Home", "Notices", "Projects", "Digests", "Store", "Curl"]),
        // Reports for pages, API and commands. Reads only.
        room(
            "Answering",
            needs: [
                "Home", "Reading", "Executing", "Promoting", "Following", "Gating", "Events", "Cron", "Projects",
                "Plans", "Runs", "Changes", "Schedules", "Notices", "Reports", "Promotion", "Terraform", "Digests",
                "Git", "Minding", "Registry", "Store",
            ]),
        // New projects from templates, and upgrades of them.
        room("Starting", needs: ["Home", "Events", "Projects", "Templates", "Git", "ProjectFiles"]),
        // All rooms wired: the daemon, its turn, its commands.
        room(
            "Daemon",
            needs: [
                "Home", "Reading", "Executing", "Promoting", "Following", "Gating", "Running", "Firing", "Telling",
                "Answering", "Events", "Projects", "Plans", "Runs", "Changes", "Schedules", "Notices",
                "Reports", "Digests", "Git", "Store", "Watching", "Minding", "Programs", "Registry", "Forges", "Curl",
                "Web", .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),

        // MARK: Programs

        // The command line: reads options, calls, prints.
        .executableTarget(
            name: "espalier",
            dependencies: [
                "Answering", "Cron", "Daemon", "Events", "Following", "Home", "Plans", "Projects", "Reading", "Reports",
                "Starting", "Templates", "Terraform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            // What `espalier init` starts from, and what `espalier render` adds, lie beside the program.
            resources: [.copy("../../pipelines"), .copy("../../environments"), .copy("run_step.py")],
            swiftSettings: swiftSettings),
        // Starts one step, waits, leaves its exit record. No Foundation.
        .executableTarget(
            name: "espalier-minder", dependencies: ["CPosix"], swiftSettings: swiftSettings,
            linkerSettings: startsFast),
        // What Git calls on a push: tells the daemon, or leaves it to the next look. No Foundation.
        .executableTarget(
            name: "espalier-hook", dependencies: ["CPosix"], swiftSettings: swiftSettings,
            linkerSettings: startsFast),

        // MARK: Tests

        // Temporary folders, real Git repositories, nodes from YAML.
        .target(name: "Fixtures", path: "Tests/Fixtures", swiftSettings: swiftSettings),
        tests("Events"),
        tests("Cron", "Fixtures"),
        tests("Promotion"),
        tests("Projects", "ProjectFiles"),
        tests("ProjectFiles", "Projects"),
        tests("Plans", "Events", "Projects", "ProjectFiles", "Promotion"),
        tests("Runs", "Events", "Plans", "Projects"),
        tests("Changes", "Events", "Fixtures", "Projects"),
        tests("Schedules", "Cron", "Fixtures", "ProjectFiles", "Projects"),
        tests("Notices", "Events", "Plans", "Projects", "ProjectFiles", "Runs"),
        tests("Templates", "ProjectFiles", "Projects"),
        tests("Terraform", "ProjectFiles", "Projects"),
        tests("Digests", "Fixtures"),
        tests("Git", "Events", "Fixtures"),
        tests(
            "Store", "Changes", "Digests", "Events", "Fixtures", "Notices", "Plans", "ProjectFiles", "Projects",
            "Promotion", "Runs", "Schedules", .product(name: "GRDB", package: "GRDB.swift"),
            data: ["Fixtures", "Golden"]),
        tests("Watching", "Fixtures"),
        tests("Minding", "CPosix", "Fixtures"),
        tests("HTTP", "Fixtures"),
        tests("Programs"),
        tests("Registry", "Fixtures"),
        tests("Forges", "Digests", "Fixtures"),
        tests("Curl", "Fixtures", "Notices"),
        tests("Web", "HTTP", "Reports", .product(name: "Logging", package: "swift-log")),
        tests("Daemon", "Fixtures", "Home", "Watching"),
        tests("Home", "Fixtures", "Notices"),
        tests("Reading", "Digests", "Events", "Fixtures", "Git", "Home", "Minding", "Plans", "Projects"),
        // An executor that runs steps in memory as a script says, and plans for it.
        .target(
            name: "ScriptedExecution", dependencies: ["Events", "Executing", "Plans", "Projects", "Runs"],
            path: "Tests/ScriptedExecution", swiftSettings: swiftSettings),
        tests(
            "Executing", "Digests", "Fixtures", "Home", "Minding", "Plans", "Projects", "Reading", "Runs",
            "ScriptedExecution"),
        tests(
            "Running", "Events", "Executing", "Fixtures", "Home", "Minding", "Notices", "Plans", "Projects",
            "Promoting",
            "Runs", "ScriptedExecution", "Store", .product(name: "Logging", package: "swift-log")),
        tests(
            "Promoting", "Digests", "Events", "Fixtures", "Home", "Plans", "Projects", "Promotion", "Registry", "Runs",
            "Store"),
        tests(
            "Following", "Digests", "Events", "Fixtures", "Forges", "Git", "Home", "Projects", "Reading", "Store",
            "Changes", .product(name: "Logging", package: "swift-log")),
        tests(
            "Gating", "Changes", "Events", "Fixtures", "Following", "Forges", "Git", "Home", "Plans", "Projects",
            "Reading", "Runs", "Store", .product(name: "Logging", package: "swift-log")),
        tests(
            "Firing", "Cron", "Events", "Fixtures", "Git", "Home", "Minding", "Plans", "Projects", "Promoting",
            "Reading",
            "Runs", "Schedules", "Store", .product(name: "Logging", package: "swift-log")),
    ]
)
