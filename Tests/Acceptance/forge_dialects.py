"""How four kinds of forge speak: their paths, tokens, JSON, answers and signatures. What they say is `fake_forge`'s to know."""

import base64
import hashlib
import hmac
import re

ZEROS = "0" * 40


class Dialect:
    """What GitHub and Gitea share; the others replace what they have in another way."""

    repository = "clinic/shop"
    # Where the REST API begins, as it is given to `espalier link`.
    root = ""
    pull_ref = "refs/pull/{}/head"
    page_size = ("per_page", 100)
    actions = {"opened": "opened", "updated": "synchronize", "edited": "edited", "closed": "closed", "merged": "closed"}
    calls = {
        "list": ("GET", "/pulls"), "get": ("GET", r"/pulls/(\d+)"), "status": ("POST", r"/statuses/(\w+)"),
        "merge": ("PUT", r"/pulls/(\d+)/merge"),
    }

    @property
    def base(self):
        return f"{self.root}/repos/{self.repository}"

    def route(self, method, path):
        """The call's name and its argument, or nothing."""
        for name, (wanted, pattern) in self.calls.items():
            found = method == wanted and re.fullmatch(re.escape(self.base) + pattern, path)
            if found:
                return name, found[1] if found.groups() else None
        return None, None

    def page(self, query, most):
        """The pull requests from .. to that are asked for."""
        name, usual = self.page_size
        size = min(int(query.get(name, usual)), most)
        return (int(query.get("page", 1)) - 1) * size, size

    def page_of(self, pull, address=""):
        """Its web page; only Azure DevOps leaves it to the caller to know the address."""
        return f"https://forge.example.org/{self.repository}/pull/{pull.number}"

    def listed(self, pulls, url, next_page):
        fields = {"Link": f'<{url}?page={next_page}>; rel="next", <{url}?page=9>; rel="last"'} if next_page else {}
        return 200, [self.show(pull) for pull in pulls], fields

    def show(self, pull):
        repo = {"full_name": self.repository}
        return {
            "number": pull.number, "state": "open" if pull.state == "open" else "closed", "title": pull.title,
            "user": {"login": pull.author}, "draft": pull.draft, "merged": pull.state == "merged",
            "merged_at": "2026-01-01T00:00:00Z" if pull.state == "merged" else None, "html_url": self.page_of(pull),
            "head": {"ref": pull.source, "sha": pull.head, "repo": {"full_name": "stranger/shop"} if pull.fork else repo},
            "base": {"ref": pull.target, "repo": repo},
        }

    def refused_token(self):
        return 401, {"message": "Bad credentials"}

    def no_commit(self, commit):
        return 404, {"message": f"no commit {commit}"}

    def status(self, body):
        return body["context"], body["state"], body["description"], body.get("target_url")

    def status_answer(self, before, now):
        return 201, {}

    def pushed(self, ref, before, after):
        return "push", {"ref": ref, "before": before, "after": after, "repository": {"full_name": self.repository}}

    def moved(self, event, pull, repository=None):
        """The event's name and its body."""
        body = {"action": self.actions[event], "number": pull.number, "pull_request": self.show(pull),
                "repository": {"full_name": repository or self.repository}}
        return "pull_request", body

    def starred(self):
        return "star", {"action": "created", "repository": {"full_name": self.repository}}


class GitHub(Dialect):
    kind, name, root = "github", "GitHub", "/api/v3"

    def knows(self, headers, token):
        return headers.get("Authorization") == f"Bearer {token}"

    def order(self, body):
        return body["sha"], body["merge_method"] == "squash", f"{body['commit_title']}\n\n{body['commit_message']}"

    def no_commit(self, commit):
        return 422, {"message": f"No commit found for SHA: {commit}"}

    def merged(self, pull):
        return 200, {"sha": pull.merged_as, "merged": True, "message": "Pull Request successfully merged"}

    def head_moved(self):
        return 409, {"message": "Head branch was modified. Review and try the merge again."}

    def not_mergeable(self):
        return 405, {"message": "Pull Request is not mergeable"}

    def headers(self, event, delivery, raw, secret):
        return {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": f"sha256={sign(raw, secret)}"}


class Gitea(Dialect):
    kind, name, root = "gitea", "Gitea", "/api/v1"
    page_size = ("limit", 50)
    actions = {**Dialect.actions, "updated": "synchronized"}
    calls = {**Dialect.calls, "merge": ("POST", Dialect.calls["merge"][1])}

    def knows(self, headers, token):
        return headers.get("Authorization") == f"token {token}"

    def refused_token(self):
        return 401, {"message": "user does not exist [uid: 0, name: ]", "url": "http://127.0.0.1/api/swagger"}

    def order(self, body):
        return body["head_commit_id"], body["Do"] == "squash", f"{body['MergeTitleField']}\n\n{body['MergeMessageField']}"

    def merged(self, pull):
        return 200, None

    def head_moved(self):
        return 409, {"message": "head out of date", "url": "http://127.0.0.1/api/swagger"}

    def not_mergeable(self):
        return 405, {"message": "The PR is not mergeable", "url": "http://127.0.0.1/api/swagger"}

    def headers(self, event, delivery, raw, secret):
        code = sign(raw, secret)
        return {
            "X-Gitea-Event": event, "X-Gitea-Delivery": delivery, "X-Gitea-Signature": code, "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": f"sha256={code}", "X-Gogs-Event": event,
        }


class GitLab(Dialect):
    kind, name = "gitlab", "GitLab"
    base = "/api/v4/projects/clinic%2Fshop"
    pull_ref = "refs/merge-requests/{}/head"
    actions = {"opened": "open", "updated": "update", "edited": "update", "closed": "close", "merged": "merge"}
    calls = {
        "list": ("GET", "/merge_requests"), "get": ("GET", r"/merge_requests/(\d+)"), "status": ("POST", r"/statuses/(\w+)"),
        "merge": ("PUT", r"/merge_requests/(\d+)/merge"),
    }

    def knows(self, headers, token):
        return headers.get("PRIVATE-TOKEN") == token

    def listed(self, pulls, url, next_page):
        return 200, [self.show(pull) for pull in pulls], {"X-Next-Page": str(next_page or "")}

    def show(self, pull):
        return {
            "iid": pull.number, "state": {"open": "opened"}.get(pull.state, pull.state), "title": pull.title,
            "sha": pull.head, "author": {"username": pull.author}, "source_branch": pull.source, "target_branch": pull.target,
            "source_project_id": 9 if pull.fork else 7, "target_project_id": 7, "draft": pull.draft,
            "web_url": self.page_of(pull), "merge_commit_sha": pull.merged_as, "squash_commit_sha": None,
        }

    def refused_token(self):
        return 401, {"message": "401 Unauthorized"}

    def status(self, body):
        state = {"failed": "failure"}.get(body["state"], body["state"])
        return body["name"], state, body["description"], body.get("target_url")

    def status_answer(self, before, now):
        if now == "pending" and before == "pending":
            return 400, {"message": "Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition "
                                    'via "enqueue")'}
        return 201, {}

    def order(self, body):
        return body["sha"], body["squash"], body.get("squash_commit_message") or body["merge_commit_message"]

    def merged(self, pull):
        return 200, self.show(pull)

    def head_moved(self):
        return 409, {"message": "SHA does not match HEAD of source branch"}

    def not_mergeable(self):
        return 405, {"message": "405 Method Not Allowed"}

    def pushed(self, ref, before, after):
        return "Push Hook", {"object_kind": "push", "ref": ref, "before": before, "after": after, "project": self.project()}

    def moved(self, event, pull, repository=None):
        shown = self.show(pull)
        keys = ("iid", "title", "state", "source_branch", "target_branch", "draft")
        told = {key: shown[key] for key in keys} | {"action": self.actions[event], "last_commit": {"id": pull.head}}
        if event == "updated":
            told["oldrev"] = pull.before
        return "Merge Request Hook", {
            "object_kind": "merge_request", "object_attributes": told, "project": self.project(repository),
            "changes": {"draft": {}} if event == "edited" else {}}

    def starred(self):
        return "Note Hook", {"object_kind": "note", "project": self.project()}

    def project(self, repository=None):
        return {"id": 8 if repository else 7, "path_with_namespace": repository or self.repository}

    def headers(self, event, delivery, raw, secret):
        return {"X-Gitlab-Event": event, "Idempotency-Key": delivery, "X-Gitlab-Token": secret}


class AzureDevOps(Dialect):
    kind, name, repository = "azure-devops", "Azure DevOps", "clinic/births/shop"
    base = "/clinic/births/_apis/git/repositories/shop"
    pull_ref = "refs/pull/{}/merge"
    calls = {
        "list": ("GET", "/pullrequests"), "get": ("GET", r"/pullrequests/(\d+)"),
        "status": ("POST", r"/commits/(\w+)/statuses"), "merge": ("PATCH", r"/pullrequests/(\d+)"),
    }

    def knows(self, headers, token):
        return headers.get("Authorization") == "Basic " + base64.b64encode(f":{token}".encode()).decode()

    def page(self, query, most):
        return int(query["$skip"]), int(query["$top"])

    def page_of(self, pull, address=""):
        return f"{address}/clinic/births/_git/shop/pullrequest/{pull.number}"

    def listed(self, pulls, url, next_page):
        return 200, {"value": [self.show(pull) for pull in pulls], "count": len(pulls)}, {}

    def show(self, pull):
        shown = {
            "pullRequestId": pull.number, "status": {"open": "active", "closed": "abandoned"}.get(pull.state, "completed"),
            "mergeStatus": "queued" if pull.state == "merging" else "conflicts" if pull.conflicts else "succeeded",
            "title": pull.title,
            "createdBy": {"displayName": pull.author, "uniqueName": f"{pull.author}@example.org"},
            "sourceRefName": f"refs/heads/{pull.source}", "targetRefName": f"refs/heads/{pull.target}", "isDraft": pull.draft,
            "lastMergeSourceCommit": {"commitId": pull.head}, "repository": self.place("shop"),
        }
        if pull.merged_as:
            shown["lastMergeCommit"] = {"commitId": pull.merged_as}
        return shown | ({"forkSource": {"name": f"refs/heads/{pull.source}"}} if pull.fork else {})

    @staticmethod
    def place(name):
        return {"id": f"id-of-{name}", "name": name, "project": {"id": "id-of-births", "name": "births"}}

    def refused_token(self):
        return 203, "<html>Sign in to your account</html>"

    def status(self, body):
        state = {"succeeded": "success", "failed": "failure"}.get(body["state"], body["state"])
        context = body["context"]
        return f"{context['genre']}/{context['name']}", state, body["description"], body.get("targetUrl")

    def order(self, body):
        options = body["completionOptions"]
        return body["lastMergeSourceCommit"]["commitId"], options["mergeStrategy"] == "squash", options["mergeCommitMessage"]

    def merged(self, pull):
        return 200, self.show(pull)

    def head_moved(self):
        return 409, {"typeKey": "GitPullRequestStaleException",
                     "message": "TF401192: The source branch has been modified since the pull request was last read."}

    def not_mergeable(self):
        return 409, {"typeKey": "GitPullRequestUpdateRejectedByPolicyException", "message": "TF402455: a policy rejects it"}

    def pushed(self, ref, before, after):
        update = {"name": ref, "oldObjectId": before, "newObjectId": after}
        return "git.push", {"refUpdates": [update], "repository": self.place("shop")}

    def moved(self, event, pull, repository=None):
        name = {"opened": "created", "merged": "merged"}.get(event, "updated")
        body = self.show(pull) | ({"repository": self.place("other")} if repository else {})
        return f"git.pullrequest.{name}", body

    def starred(self):
        return "build.complete", {}

    def headers(self, event, delivery, raw, secret):
        return {"Authorization": "Basic " + base64.b64encode(f"espalier:{secret}".encode()).decode()}

    @staticmethod
    def envelope(event, delivery, body):
        return {"id": delivery, "eventType": event, "publisherId": "tfs", "notificationId": 1, "resource": body}


def sign(raw, secret):
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


DIALECTS = {dialect.kind: dialect for dialect in (GitHub, GitLab, Gitea, AzureDevOps)}
