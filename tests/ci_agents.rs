//! Agents in CI workflows: each way in which one is handed to strangers is found, and none that asks first is.

use crate::common;
use caulk::host::Os;
use caulk::model::{Category, Finding, Severity};
use std::fs;
use tempfile::TempDir;

/// What is said of agents in such a workflow, worst first.
fn findings_at(path: &str, workflow: &str) -> Vec<Finding> {
    let home = TempDir::new().unwrap();
    let file = home.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, workflow).unwrap();
    let mut findings = common::audit(Os::Linux, home.path()).findings;
    findings.retain(|finding| finding.rule.starts_with("ci-agent"));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

fn findings(workflow: &str) -> Vec<Finding> {
    findings_at("work/app/.github/workflows/agent.yml", workflow)
}

fn why(findings: &[Finding]) -> Vec<String> {
    findings.iter().flat_map(|finding| finding.evidence.clone().unwrap_or_default().why).collect()
}

/// The worst of one category: rule and severity.
fn worst(findings: &[Finding], category: Category) -> Option<(&str, Severity)> {
    findings.iter().find(|f| f.category == category).map(|finding| (finding.rule.as_str(), finding.severity))
}

const PIN: &str = "0123456789abcdef0123456789abcdef01234567";

/// A job with one agent, under these triggers.
fn workflow(on: &str, job: &str, step: &str) -> String {
    format!("name: Agent\n{on}\njobs:\n  triage:\n    runs-on: ubuntu-latest\n{job}    steps:\n{step}")
}

/// Gemini CLI, which asks nobody who they are.
fn gemini(prompt: &str) -> String {
    format!(
        "      - uses: google-github-actions/run-gemini-cli@{PIN}\n        with:\n          prompt: |\n            {prompt}\n"
    )
}

fn claude(with: &str) -> String {
    format!(
        "      - uses: anthropics/claude-code-action@{PIN}\n        with:\n          anthropic_api_key: ${{{{ secrets.ANTHROPIC_API_KEY }}}}\n{with}"
    )
}

#[test]
fn an_agent_that_any_stranger_starts() {
    for on in [
        "on: issues",
        "on: [push, issue_comment]",
        "'on': {issues: {types: [opened]}}",
        "\"on\":\n  issues:\n  workflow_dispatch:",
        "on:\n  - push\n  - issue_comment",
        "on:\n  # who asks\n  issue_comment:\n    types:\n      - created\n  push:\n    branches: [main]",
        "true:\n  discussion:\n    types: [created, labeled]",
        "on: [\n  push,\n  pull_request_target,\n]",
        "on:\n  workflow_run:\n    workflows: [CI]\n    types: [completed]",
    ] {
        let found = findings(&workflow(on, "", &gemini("Sort the new issues.")));
        assert_eq!(worst(&found, Category::Injection), Some(("ci-agent-untrusted-trigger", Severity::High)), "{on}");
        assert_eq!(found.len(), 1, "{on}: {found:?}");
        let location = &found[0].location;
        assert!(format!("{:?}", location.field).contains("triage"), "{location:?}");
        assert!(location.region.unwrap().line > 4);
    }
    // The other extension.
    let text = workflow("on: issues", "", &gemini("Sort the new issues."));
    assert_eq!(findings_at("code/a/b/.github/workflows/x.yaml", &text).len(), 1);
}

#[test]
fn triggers_that_need_rights_start_no_strangers() {
    for on in [
        "on: push",
        "on: [push, pull_request]",
        "on: workflow_dispatch",
        "on:\n  schedule:\n    - cron: '0 3 * * 1' # issues\n  workflow_dispatch:\n    inputs:\n      issues:\n        required: true",
        "on:\n  issues:\n    types: [labeled, assigned]",
        "on:\n  pull_request_target:\n    types:\n      - labeled",
        "on:\n  pull_request:\n    types: [opened]",
        "on:\n  workflow_call:\n    secrets:\n      key:\n        required: true",
        "on: {push: {branches: [issues]}, issues: {types: [labeled]}}",
        "on: {pull_request_target: {branches: [main], types: [labeled]}}",
    ] {
        let found = findings(&workflow(on, "", &gemini("Sort ${{ github.event.issue.title }}")));
        assert!(found.is_empty(), "{on}: {found:?}");
    }
}

#[test]
fn conditions_that_ask_who_somebody_is() {
    let events = "on:\n  issues:\n    types: [opened]\n  issue_comment:\n    types: [created]\n  pull_request_target:\n  workflow_run:\n    workflows: [CI]";
    let one = |event: &str| format!("on:\n  {event}:\n    types: [created]");
    let rows: &[(&str, &str, bool)] = &[
        (events, "contains(fromJSON('[\"OWNER\", \"MEMBER\"]'), github.event.comment.author_association)", true),
        (events, "github.event.issue.author_association == 'OWNER'", true),
        (events, "github.event.issue.author_association != 'NONE'", true),
        (events, "!contains(fromJSON('[\"NONE\", \"FIRST_TIMER\"]'), github.event.issue.author_association)", true),
        (events, "${{ github.actor == 'ada' && always() }}", true),
        (events, "contains('[\"ada\", \"bob\"]', github.event.sender.login)", true),
        (events, "github.event_name == 'push' || github.event_name == 'workflow_dispatch'", true),
        (
            events,
            "(github.event_name == 'issue_comment' && github.event.comment.user.login == 'ada') || github.event_name == 'schedule'",
            true,
        ),
        (events, "github.event.action == 'labeled'", true),
        (&one("pull_request_target"), "github.event.pull_request.head.repo.full_name == github.repository", true),
        (&one("pull_request_target"), "!github.event.pull_request.head.repo.fork", true),
        (&one("pull_request_target"), "github.event.pull_request.merged == true", true),
        (&one("workflow_run"), "github.event.workflow_run.event == 'push'", true),
        (
            &one("workflow_run"),
            "github.event.workflow_run.conclusion == 'failure' && github.event.workflow_run.pull_requests[0]",
            true,
        ),
        (events, "contains(github.event.comment.body, '@gemini')", false),
        (events, "github.event.comment.user.login == github.event.issue.user.login", false),
        (events, "contains(github.event.comment.body, 'assigned')", false),
        (events, "github.actor == github.repository_owner", true),
        (events, "github.actor != 'dependabot[bot]'", false),
        (events, "github.event.issue.author_association == 'NONE'", false),
        (
            events,
            "github.event.issue.author_association == 'OWNER' || contains(github.event.comment.body, '/ask')",
            false,
        ),
        (events, "github.event_name != 'issues'", false),
        (events, "github.repository == 'acme/app' && (github.event_name == 'issues' || always())", false),
        (events, "github.event.pull_request.head.repo.full_name == github.repository", false),
        (&one("workflow_run"), "github.event.workflow_run.conclusion == 'success'", false),
        (&one("workflow_run"), "github.event.workflow_run.event == 'pull_request'", false),
        (&one("pull_request_target"), "((((((((((((((((((((((((((((((((((((true", false),
    ];
    for (on, condition, asks) in rows {
        let quoted = condition.replace('"', "\\\"");
        let at_job = workflow(on, &format!("    if: \"{quoted}\"\n"), &gemini("Sort."));
        assert_eq!(findings(&at_job).is_empty(), *asks, "{condition}: {:?}", why(&findings(&at_job)));
        let step =
            gemini("Sort.").replace("        with:", &format!("        if: >-\n          {condition}\n        with:"));
        assert_eq!(findings(&workflow(on, "", &step)).is_empty(), *asks, "at the step: {condition}");
    }
}

#[test]
fn checks_before_the_agent() {
    let checks = [
        "      - uses: actions/github-script@v7\n        with:\n          script: |\n            const r = await github.rest.repos.getCollaboratorPermissionLevel({owner, repo, username})\n",
        "      - run: |\n          gh api repos/acme/app/collaborators/$USER/permission --jq .permission | grep -q write\n",
        "      - uses: actions-cool/check-user-permission@v2\n",
        "      - env:\n          WHO: ${{ github.event.comment.author_association }}\n        run: test \"$WHO\" = OWNER\n",
    ];
    for check in checks {
        let step = format!("{check}{}", gemini("Sort."));
        assert!(findings(&workflow("on: issues", "", &step)).is_empty(), "{check}");
        // After it is too late.
        let step = format!("{}{check}", gemini("Sort."));
        assert_eq!(findings(&workflow("on: issues", "", &step)).len(), 1, "{check}");
        // In a job that is waited for.
        let first = format!("  check:\n    runs-on: ubuntu-latest\n    steps:\n{check}");
        let text = workflow("on: issues", "    needs: [check]\n", &gemini("Sort."))
            .replace("jobs:\n", &format!("jobs:\n{first}"));
        assert!(findings(&text).is_empty(), "{text}");
    }
    let gate = "  gate:\n    if: github.actor == 'ada'\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ok\n";
    let waits = |job: &str| workflow("on: issues", job, &gemini("Sort.")).replace("jobs:\n", &format!("jobs:\n{gate}"));
    assert!(findings(&waits("    needs: gate\n")).is_empty());
    assert_eq!(findings(&waits("    needs: gate\n    if: always()\n")).len(), 1);
}

#[test]
fn actions_that_ask_by_themselves() {
    let mentioned = "    if: contains(github.event.comment.body, '@claude')\n";
    let on = "on:\n  issue_comment:\n    types: [created]\n  issues:\n    types: [opened, assigned]";
    assert!(findings(&workflow(on, mentioned, &claude(""))).is_empty(), "the vendor's own example");
    let codex =
        |with: &str| format!("      - uses: openai/codex-action@{PIN}\n        with:\n          prompt: Sort.\n{with}");
    assert!(findings(&workflow(on, "", &codex(""))).is_empty());
    let rows = [
        claude("          allowed_non_write_users: \"*\"\n          github_token: ${{ secrets.GITHUB_TOKEN }}\n"),
        codex("          allow-users: '*'\n"),
    ];
    for step in rows {
        let found = findings(&workflow(on, mentioned, &step));
        assert_eq!(worst(&found, Category::Injection), Some(("ci-agent-untrusted-trigger", Severity::High)));
        assert_eq!(worst(&found, Category::Posture), Some(("ci-agent-open-list", Severity::High)));
        let found = findings(&workflow("on: workflow_dispatch", "", &step));
        assert_eq!(worst(&found, Category::Posture), Some(("ci-agent-open-list", Severity::Low)));
        assert_eq!(found.len(), 1);
    }
    // Without the token the list does nothing; named people are no strangers.
    assert!(findings(&workflow(on, "", &claude("          allowed_non_write_users: \"*\"\n"))).is_empty());
    assert!(findings(&workflow(on, "", &codex("          allow-users: ada,bob\n"))).is_empty());
    let bots = findings(&workflow(on, "", &claude("          allowed_bots: \"*\"\n")));
    assert_eq!(worst(&bots, Category::Posture), Some(("ci-agent-open-list", Severity::Medium)));
    assert!(findings(&workflow(on, "", &claude("          allowed_bots: renovate[bot]\n"))).is_empty());
}

#[test]
fn text_of_strangers_in_the_prompt() {
    let direct = findings(&workflow(
        "on: issues",
        "",
        &gemini("Sort: ${{ github.event.issue.title }} ${{ github.event.issue['body'] }}"),
    ));
    assert_eq!(direct.len(), 1, "one finding a job: {direct:?}");
    let reasons = why(&direct);
    assert!(reasons.contains(&"github.event.issue.title stands in the prompt".to_owned()), "{reasons:?}");
    assert!(reasons.contains(&"github.event.issue.body stands in the prompt".to_owned()), "{reasons:?}");
    let environment = gemini("Sort the issue in $BODY.")
        .replace("        with:", "        env:\n          BODY: ${{ github.event.issue.body }}\n        with:");
    assert!(why(&findings(&workflow("on: issues", "", &environment))).iter().any(|why| why.contains("variable BODY")));
    let far = workflow("on: issues\nenv:\n  TITLE: ${{ github.event.issue.title }}", "", &gemini("Sort ${TITLE}."));
    assert!(why(&findings(&far)).iter().any(|why| why.contains("variable TITLE")));
    let whole = findings(&workflow("on: issues", "", &gemini("Event: ${{ toJSON(github.event) }}")));
    assert!(why(&whole).iter().any(|why| why.starts_with("github.event stands")), "{whole:?}");
    let fetched = findings(&workflow(
        "on: issues",
        "",
        &gemini("Run `gh issue view ${{ github.event.issue.number }}` and sort it."),
    ));
    assert!(why(&fetched).iter().any(|why| why.contains("gh issue view")), "{fetched:?}");
    // Numbers, and what only a comparison sees, are no text.
    let plain = gemini(
        "${{ github.event.issue.number }} ${{ contains(github.event.issue.body, 'x') }} ${{ github.event.issue.title == 'x' }}",
    );
    assert_eq!(why(&findings(&workflow("on: issues", "", &plain))).len(), 1);
    // Somebody trusted starts it, and the text is another's.
    let asked = claude("          prompt: Look at ${{ github.event.issue.body }}\n");
    let found = findings(&workflow("on: issue_comment", "", &asked));
    assert_eq!(worst(&found, Category::Injection), Some(("ci-agent-untrusted-text", Severity::Low)));
    let own = claude("          prompt: Look at ${{ github.event.comment.body }}\n");
    assert!(findings(&workflow("on: issue_comment", "", &own)).is_empty());
    assert!(findings(&workflow("on: pull_request", "", &asked)).is_empty());
}

#[test]
fn files_of_a_pull_request_around_the_agent() {
    let checkout =
        "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n";
    let step = format!("{checkout}{}", gemini("Review."));
    let found = findings(&workflow("on: pull_request_target", "", &step));
    assert_eq!(worst(&found, Category::Injection), Some(("ci-agent-untrusted-checkout", Severity::Critical)));
    let cli = "      - run: gh pr checkout ${{ github.event.issue.number }}\n      - run: |\n          codex exec --json \"Review this.\"\n";
    let found = findings(&workflow("on: issue_comment", "", cli));
    assert_eq!(worst(&found, Category::Injection), Some(("ci-agent-untrusted-checkout", Severity::Critical)));
    let gated = workflow(
        "on: pull_request_target",
        "    if: github.event.pull_request.author_association == 'MEMBER'\n",
        &step,
    );
    assert_eq!(worst(&findings(&gated), Category::Injection), Some(("ci-agent-untrusted-checkout", Severity::Low)));
    for on in ["on: pull_request", "on: push"] {
        assert!(findings(&workflow(on, "", &step)).is_empty(), "{on}");
    }
    let base = format!("      - uses: actions/checkout@v4\n{}", gemini("Review."));
    let found = findings(&workflow("on: pull_request_target", "", &base));
    assert_eq!(worst(&found, Category::Injection), Some(("ci-agent-untrusted-trigger", Severity::High)));
}

#[test]
fn checks_that_are_off_and_tokens_that_are_wide() {
    let cli = |command: &str| format!("      - run: |\n          # claude -p is an agent\n          {command}\n");
    for command in [
        "claude -p \"Fix it\" --dangerously-skip-permissions",
        "npx -y @anthropic-ai/claude-code@2.0.1 \\\n            -p 'Fix it' --permission-mode bypassPermissions",
        "cat issue.txt | gemini --yolo",
        "timeout 600 codex exec --sandbox danger-full-access 'Fix it'",
        "OUT=$(copilot -p 'Fix it' --allow-all-tools)",
        "amp --dangerously-allow-all -x 'Fix it'",
    ] {
        let found = findings(&workflow("on: issues", "", &cli(command)));
        assert_eq!(worst(&found, Category::Posture), Some(("ci-agent-sandbox-off", Severity::High)), "{command}");
        let quiet = findings(&workflow("on: workflow_dispatch", "", &cli(command)));
        assert_eq!(worst(&quiet, Category::Posture), Some(("ci-agent-sandbox-off", Severity::Low)), "{command}");
        assert_eq!(quiet.len(), 1, "{command}: {quiet:?}");
    }
    let settings = gemini("Sort.")
        + "          settings: |-\n            {\n              \"sandbox\": false,\n              \"tools\": {\"core\": [\"run_shell_command(echo)\"]}\n            }\n";
    let found = findings(&workflow("on: issues", "", &settings));
    let reasons = why(&found);
    assert!(
        reasons.iter().any(|why| why.contains("sandbox"))
            && reasons.iter().any(|why| why.contains("run_shell_command(echo)")),
        "{reasons:?}"
    );
    for permissions in ["permissions: write-all", "permissions:\n  contents: write\n  id-token: write"] {
        let text = workflow(&format!("on: issues\n{permissions}"), "", &gemini("Sort."));
        assert_eq!(worst(&findings(&text), Category::Posture), Some(("ci-agent-wide-token", Severity::High)), "{text}");
        let gated = text.replace("on: issues", "on: push");
        assert!(findings(&gated).is_empty(), "{gated}");
    }
    let secret = workflow("on: issues", "    env:\n      TOKEN: ${{ secrets.NPM_TOKEN }}\n", &gemini("Sort."));
    assert_eq!(worst(&findings(&secret), Category::Posture), Some(("ci-agent-wide-token", Severity::High)));
    let own = workflow(
        "on: issues",
        "    permissions:\n      issues: write\n    env:\n      KEY: ${{ secrets.GEMINI_API_KEY }}\n",
        &gemini("Sort."),
    );
    assert_eq!(worst(&findings(&own), Category::Posture), None);
    let reads = workflow("on: issues", "    permissions:\n      contents: read\n", &gemini("Sort."));
    assert_eq!(worst(&findings(&reads), Category::Injection), Some(("ci-agent-untrusted-trigger", Severity::Medium)));
}

#[test]
fn lists_of_tools_that_hold_nothing_back() {
    let tools = |list: &str| format!("      - run: |\n          claude -p \"Sort it\" --allowedTools {list}\n");
    for list in ["\"Bash\"", "\"Read,Bash(*)\"", "\"Bash(git:*)\"", "\"Edit,Bash(gh:*)\""] {
        let found = findings(&workflow("on: issues", "", &tools(list)));
        assert_eq!(worst(&found, Category::Posture), Some(("ci-agent-open-tools", Severity::Medium)), "{list}");
        assert!(findings(&workflow("on: schedule", "", &tools(list))).is_empty(), "{list}");
    }
    for list in ["\"Bash(gh issue edit:*)\"", "\"Read,Grep\"", "\"Bash(git log:*)\""] {
        assert_eq!(worst(&findings(&workflow("on: issues", "", &tools(list))), Category::Posture), None, "{list}");
    }
}

#[test]
fn an_answer_that_is_run() {
    let ai = "      - id: ai\n        uses: actions/ai-inference@0123456789abcdef0123456789abcdef01234567\n        with:\n          prompt: ${{ github.event.issue.body }}\n";
    let run = |step: &str| findings(&workflow("on: issues", "", &format!("{ai}{step}")));
    for step in [
        "      - run: gh issue edit 1 --add-label \"${{ steps.ai.outputs.response }}\"\n",
        "      - env:\n          OUT: ${{ steps.ai.outputs.response }}\n        run: eval \"$OUT\"\n",
        "      - env:\n          OUT: ${{ steps.ai.outputs.response }}\n        run: echo \"X=$OUT\" >> \"$GITHUB_ENV\"\n",
        "      - uses: actions/github-script@v7\n        with:\n          script: |\n            console.log(`${{ steps.ai.outputs.response }}`)\n",
    ] {
        assert_eq!(
            worst(&run(step), Category::Injection),
            Some(("ci-agent-output-executed", Severity::High)),
            "{step}"
        );
    }
    for step in [
        "",
        "      - env:\n          OUT: ${{ steps.ai.outputs.response }}\n        run: gh issue comment 1 --body \"$OUT\"\n",
        "      - run: cat ${{ steps.ai.outputs.response-file }}\n",
        "      - run: echo ${{ steps.other.outputs.response }}\n",
        "      - if: steps.ai.outputs.response == 'bug'\n        run: gh issue edit 1 --add-label bug\n",
    ] {
        assert!(run(step).is_empty(), "an answer without tools does nothing: {step}: {:?}", run(step));
    }
    let bare = gemini("Sort ${{ github.event.issue.title }}")
        + "          settings: |-\n            {\"maxSessionTurns\": 25, \"tools\": {\"core\": []}}\n";
    assert!(findings(&workflow("on: issues", "", &bare)).is_empty(), "no tools are left to it");
    let later = "    outputs:\n      label: ${{ steps.ai.outputs.response }}\n";
    let next = "  apply:\n    needs: triage\n    runs-on: ubuntu-latest\n    steps:\n      - run: gh issue edit 1 --add-label ${{ needs.triage.outputs.label }}\n";
    let found = findings(&(workflow("on: issues", later, ai) + next));
    assert_eq!(worst(&found, Category::Injection), Some(("ci-agent-output-executed", Severity::High)), "{found:?}");
    for command in ["claude -p 'fix it' | bash", "eval \"$(claude -p 'fix it')\""] {
        let step = format!("      - run: {command}\n");
        let found = findings(&workflow("on: issues", "", &step));
        assert!(
            found.iter().any(|f| why(std::slice::from_ref(f)).iter().any(|why| why.contains("run as a command"))),
            "{command}: {found:?}"
        );
    }
}

#[test]
fn code_without_a_version() {
    let step = claude("").replace(PIN, "v1");
    let found = findings(&workflow("on: push", "", &step));
    assert_eq!(worst(&found, Category::Posture), Some(("ci-agent-unpinned", Severity::Low)));
    let server = |package: &str| {
        claude(&format!(
            "          mcp_config: |\n            {{\"mcpServers\": {{\"a\": {{\"command\": \"npx\", \"args\": [\"-y\", \"{package}\"]}}}}}}\n"
        ))
    };
    for package in ["@acme/mcp", "acme-mcp@latest"] {
        let found = findings(&workflow("on: push", "", &server(package)));
        assert_eq!(worst(&found, Category::Posture), Some(("ci-agent-unpinned-server", Severity::Medium)), "{package}");
    }
    assert!(findings(&workflow("on: push", "", &server("@acme/mcp@1.2.3"))).is_empty());
}

#[test]
fn workflows_without_an_agent_are_no_business_of_ours() {
    let rows = [
        "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n      - run: npm ci && npm test\n",
        "      - run: echo \"${{ github.event.issue.title }}\"\n",
        "      - run: npm install -g @anthropic-ai/claude-code && claude --version\n",
        "      - run: |\n          # later: claude -p \"fix\"\n          echo \"use claude -p or gemini -p, codex exec\"\n          which claude\n",
        "      - run: docker run goose/migrate up && npm run copilot\n",
        "      - uses: acme/claude-code-action-lint@v1\n",
        "      - run: amp --help; goose --version; q build -p x\n",
    ];
    for step in rows {
        for on in ["on: issues", "on: [pull_request_target, issue_comment]"] {
            let found = findings(&workflow(on, "    permissions: write-all\n", step));
            assert!(found.is_empty(), "{step}: {found:?}");
        }
    }
    // Other systems' files with the same words.
    let gitlab = "on: issues\ntriage:\n  script:\n    - claude -p \"fix\" --dangerously-skip-permissions\n";
    assert!(findings_at("work/app/.gitlab-ci.yml", gitlab).is_empty());
    let circle = "version: 2.1\njobs:\n  a:\n    docker:\n      - image: cimg/node:20.0\n    steps:\n      - run: claude -p \"fix\" --dangerously-skip-permissions\n";
    assert!(findings_at("work/app/.circleci/config.yml", circle).is_empty());
}

#[test]
fn broken_and_hostile_workflows_do_no_harm() {
    let many = format!(
        "on: issues\njobs:\n{}",
        (0..3000)
            .map(|n| format!(
                "  j{n}:\n    needs: j{}\n    if: {}\n    steps:\n      - run: claude -p x\n",
                n / 2,
                "(".repeat(40)
            ))
            .collect::<String>()
    );
    let cycle = "on: issues\njobs:\n  a:\n    needs: [b, b, b, b]\n    steps:\n      - run: claude -p x\n  b:\n    needs: [a, a, a, a]\n    steps:\n      - run: claude -p x\n";
    let odd = gemini("Sort $A\u{202e}B")
        .replace("        with:", "        env:\n          A\u{202e}B: ${{ github.event.issue.body }}\n        with:");
    for why in why(&findings(&workflow("on: issues", "", &odd))) {
        assert!(!why.chars().any(caulk::model::Untrusted::must_escape), "{why:?}");
    }
    for text in [
        many.as_str(),
        cycle,
        "on:",
        "on: issues\njobs: claude\n",
        "on: [issues\njobs:\n  a:\n    steps: claude -p x\n",
        "on: issues\njobs:\n  a:\n    steps:\n      - run: 'eval \"$(claude -p'\n      - uses: [openai/codex-action@v1]\n",
        "on: issues\njobs:\n  \u{e9}:\n    steps:\n      - run: npx \u{e9}mcp mcp claude -p \u{e9} ${{ github.event.issue\n        if: \"!(\u{e9} && '\"\n",
    ] {
        findings(text);
    }
    assert_eq!(findings(cycle).len(), 2);
}
