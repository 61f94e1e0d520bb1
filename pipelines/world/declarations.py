"""What Bloom's data engineer declares about the three logs, and what its ML team asks for."""

from pipelines.world.tenants import TENANT_ONLY

DECLARATIONS = {
    "bloom-web.yaml": """\
# The web application: one line a request, the conversation so far and the answer.
source: bloom-web
format: openai_chat
files: ../logs/web/*.jsonl.gz
tenant: {column: metadata.workspace}
controller: Bloom Labs GmbH
licence: LicenseRef-Proprietary
person: {column: metadata.user_id}
participants: {column: metadata.participants}
conversation: {column: metadata.conversation_id}
occurred_at: {column: created_at}
jurisdiction: {column: metadata.country}
age_band: {column: metadata.age_band}
data_categories: [user.content]
messages: {column: request.messages}
answer: {column: response}
model: {column: model}
outcome:
  label: {column: outcome.label}
  score: {column: outcome.score}
  signal: {column: outcome.signal}
  observed_at: {column: outcome.at}
attributes:
  project: {column: metadata.project}
  last_editor: {column: metadata.last_editor}
""",
    "bloom-agent.yaml": """\
# The coding agent: session transcripts, each line wrapped with the workspace and the account.
source: bloom-agent
format: claude_code
files: ../logs/agent/*.jsonl.gz
tenant: {column: workspace}
controller: Bloom Labs GmbH
licence: LicenseRef-Proprietary
person: {column: user_id}
conversation: {column: session_id}
occurred_at: {column: event.timestamp}
jurisdiction: {column: country}
data_categories: [user.content]
""",
    "bloom-share.yaml": """\
# Conversations that people put on a public page: one line a conversation, times in seconds.
source: bloom-share
format: sharegpt
files: ../logs/share/*.jsonl
tenant: {column: workspace}
controller: Bloom Labs GmbH
licence: CC-BY-4.0
person: {column: shared_by}
conversation: {column: id}
occurred_at: {column: shared_at, unit: s}
jurisdiction: {column: country}
data_categories: [user.content]
model: {column: model}
outcome:
  label: {column: rating, values: {up: good, down: bad}}
  signal: rating
attributes:
  title: {column: title}
""",
}

REQUESTS = {
    "bloom-shared": """\
# Everything that may meet in one pool: tenants whose agreement says shared.
name: bloom-shared
policy: model-training
pool: shared
sources: [bloom-agent, bloom-share, bloom-web]
# A lease runs from the instant the ledgers were heard, here 1 June 2026: the worked example stays trainable for years.
lease_days: 3650
seed: 7
shard_rows: 500
""",
    f"bloom-{TENANT_ONLY}": f"""\
# One customer's own model: only its own people's records, of this year.
name: bloom-{TENANT_ONLY}
policy: model-training
pool: {TENANT_ONLY}
sources: [bloom-share, bloom-web]
period:
  from: 2026-01-01T00:00:00Z
  to: 2026-06-01T00:00:00Z
lease_days: 3650
seed: 7
shard_rows: 500
""",
}
