"""What people want their applications to do, and what the builder writes then."""

from pipelines.world.wording import Change

BUILDS = (
    Change(
        "build",
        (
            "Build me a $title. It keeps $items for our $who, and $detail.",
            "I need a $title with a list of $items and a form for a new $item. Also, $detail.",
            "Make a $title for $who. Every $item comes with a $date and $amount; $detail.",
            "We do this on paper today: $items for $who. Can you make an app of it? Important: $detail.",
        ),
        (
            "Here is the first version: a page with all $items, a form, and three states ($first, $second, $last).",
            "I set up the table of $items, an API for it and a page for your $who.",
        ),
        "src/$route/$Items.page.tsx",
        "export default function ${Items}Page() {\n"
        '  const { data: rows } = useQuery({ queryKey: ["$route"], queryFn: load$Items });\n'
        "  return (\n"
        "    <main>\n"
        "      <h1>$Items</h1>\n"
        "      <${Item}Form />\n"
        "      <${Items}List rows={rows} />\n"
        "    </main>\n"
        "  );\n"
        "}",
    ),
    Change(
        "build-table",
        (
            "Start with the database for a $title: $items, $who, and who did what when.",
            "Can you draft the tables for a $title first? One $item belongs to one person; $detail.",
        ),
        (
            "Two tables are enough to begin with. $An_item points at the person, and its state is checked.",
            "I kept it small: people and $items, with the three states as a constraint.",
        ),
        "db/0001_$table.sql",
        "CREATE TABLE $table (\n"
        "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
        "  person_id bigint NOT NULL REFERENCES people (id),\n"
        "  $when timestamptz NOT NULL,\n"
        "  $amount integer NOT NULL DEFAULT 0,\n"
        "  state text NOT NULL CHECK (state IN ('$first', '$second', '$last'))\n"
        ");",
    ),
    Change(
        "build-api",
        (
            "I have a design already, I only need the backend of a $title.",
            "Write the API for a $title in Python, please. List, create, change the state.",
        ),
        (
            "Three routes do it. The state can only go forward: $first, then $second, then $last.",
            "The API is in one file for now; split it when it grows.",
        ),
        "api/$table.py",
        '@router.post("/$route", status_code=201)\n'
        "def create(new: New$Item, session: Session = Depends(session)) -> $Item:\n"
        '    """Create $an_item in its first state."""\n'
        '    row = $Item(**new.model_dump(), state="$first")\n'
        "    session.add(row)\n"
        "    session.commit()\n"
        "    return row",
    ),
)

FEATURES = (
    Change(
        "search",
        (
            "Add a search field above the $items.",
            "Can our $who search in the list? There are too many $items now.",
        ),
        (
            "There is a search field now. It waits 200 ms after the last key before it asks the server.",
            "Search looks at the name and the state of each $item.",
        ),
        "src/$route/useSearch.ts",
        "export function useSearch(text: string) {\n"
        "  const wanted = useDebounced(text.trim().toLowerCase(), 200);\n"
        '  return useQuery({ queryKey: ["$route", wanted], queryFn: () => find$Items(wanted) });\n'
        "}",
    ),
    Change(
        "filter-state",
        (
            "I want to see only the $items that are $second.",
            "Please add tabs for $first, $second and $last.",
        ),
        (
            "Three tabs, and the choice stays in the address so that it can be shared.",
            "The tabs set `?state=` in the address; the list reads it from there.",
        ),
        "src/$route/State.tabs.tsx",
        'const STATES = ["$first", "$second", "$last"] as const;\n\n'
        "export const StateTabs = ({ state }: { state: string }) => (\n"
        "  <nav>\n"
        "    {STATES.map((name) => (\n"
        '      <a key={name} href={"?state=" + name} aria-current={name === state}>{name}</a>\n'
        "    ))}\n"
        "  </nav>\n"
        ");",
    ),
    Change(
        "csv",
        (
            "We need the $items of a month as a CSV for our bookkeeper.",
            "Export to Excel please, with $date and $amount.",
        ),
        (
            "`/export` gives a CSV with a byte order mark, so that Excel reads the umlauts.",
            "The export streams, so it works for long lists too.",
        ),
        "api/export.py",
        "def as_csv(rows: Iterable[$Item]) -> Iterator[str]:\n"
        "    buffer = io.StringIO()\n"
        '    writer = csv.writer(buffer, delimiter=";")\n'
        '    yield "\\ufeff"\n'
        "    for row in rows:\n"
        "        writer.writerow([row.id, row.$when.isoformat(), row.$amount, row.state])\n"
        "        yield buffer.getvalue()\n"
        "        buffer.seek(buffer.truncate(0))",
    ),
    Change(
        "reminder",
        (
            "Send a reminder to the $who one day before.",
            "Can the app mail people when their $item is $last?",
        ),
        (
            "A job runs every morning at seven and sends one mail for each $item of the next day.",
            "The mail goes out once: `reminded_at` is set in the same transaction.",
        ),
        "api/jobs/remind.py",
        "def due(session: Session, today: date) -> list[$Item]:\n"
        "    return session.scalars(\n"
        "        select($Item).where(\n"
        "            func.date($Item.$when) == today + timedelta(days=1), $Item.reminded_at.is_(None)\n"
        "        )\n"
        "    ).all()",
    ),
    Change(
        "dark",
        (
            "Dark mode please.",
            "Our $who use it in the evening, the white page is too bright.",
        ),
        (
            "Colours follow the system now, and there is a switch in the menu.",
            "I moved all colours into variables; dark mode is one block.",
        ),
        "src/theme.css",
        ":root { --paper: #fff; --ink: #1b1f24; --line: #d0d7de; }\n\n"
        "@media (prefers-color-scheme: dark) {\n"
        "  :root { --paper: #14171a; --ink: #e6e8ea; --line: #353b41; }\n"
        "}\n\n"
        "body { background: var(--paper); color: var(--ink); }",
    ),
    Change(
        "roles",
        (
            "Only I should be able to delete $an_item. The others may only change the state.",
            "Make two roles: staff see all $items, $who see their own.",
        ),
        (
            "The rule is checked on the server; the page only hides what would be refused anyway.",
            "Roles are `owner` and `staff`. A request without the role gets 403.",
        ),
        "api/roles.py",
        "def must_be(role: Role) -> Callable[[User], User]:\n"
        "    def check(user: User = Depends(current_user)) -> User:\n"
        "        if user.role < role:\n"
        '            raise HTTPException(403, "Your role does not allow this.")\n'
        "        return user\n\n"
        "    return check",
    ),
    Change(
        "month-report",
        (
            "Show me the sum of $amount for every month.",
            "I want a small chart: how many $items per month this year.",
        ),
        (
            "One query gives all months, also those without any $items.",
            "The months come from a series, so that an empty one shows as zero.",
        ),
        "db/month_$table.sql",
        "SELECT month::date, count(t.id) AS $table, coalesce(sum(t.$amount), 0) AS total\n"
        "FROM generate_series(date_trunc('year', now()), now(), interval '1 month') AS month\n"
        "LEFT JOIN $table AS t ON date_trunc('month', t.$when) = month\n"
        "GROUP BY month\n"
        "ORDER BY month;",
    ),
    Change(
        "pages",
        (
            "The list should load 50 $items at a time.",
            "Add paging to the list of $items.",
        ),
        (
            "I page by the last $item seen and not by a number, so nothing is skipped when new ones come in.",
            "There is a button for more $items at the end of the list.",
        ),
        "api/pages.py",
        "def page(session: Session, after: int | None, size: int = 50) -> list[$Item]:\n"
        "    query = select($Item).order_by($Item.id.desc()).limit(size)\n"
        "    if after is not None:\n"
        "        query = query.where($Item.id < after)\n"
        "    return list(session.scalars(query))",
    ),
    Change(
        "test",
        (
            "Write a test for the rule that $detail.",
            "Can you add tests for the states? A $last $item must not go back to $first.",
        ),
        (
            "The test goes through the API, as your $who do.",
            "Two tests: the way forward works, the way back is refused.",
        ),
        "tests/test_$table.py",
        "def test_a_state_never_goes_back(client):\n"
        '    made = client.post("/$route", json={"$when": "2026-03-14T10:00:00Z", "$amount": 3}).json()\n'
        '    client.patch(f"/$route/{made[\'id\']}", json={"state": "$last"})\n'
        '    back = client.patch(f"/$route/{made[\'id\']}", json={"state": "$first"})\n'
        "    assert back.status_code == 409",
    ),
    Change(
        "scan",
        (
            "Print a QR code for each $item that we can scan at the door.",
            "Staff should scan $an_item with the phone instead of typing its number.",
        ),
        (
            "The code holds the id and a signature, so a made-up one is refused.",
            "Scanning works without a network; it is sent when the phone is online again.",
        ),
        "src/lib/code.ts",
        "export async function code(item: $Item): Promise<string> {\n"
        "  const tag = await sign(item.id);\n"
        '  return QRCode.toDataURL(item.id + "." + tag, { margin: 1, scale: 6 });\n'
        "}",
    ),
    Change(
        "waiting-list",
        (
            "When everything is full, people should get on a waiting list.",
            "We need a waiting list for $items, first come first served.",
        ),
        (
            "Whoever is first on the list gets the free place, and has a day to say yes.",
            "The place is offered in one transaction, so two people never get the same offer.",
        ),
        "api/waiting.py",
        "def offer(session: Session, slot: int) -> Waiting | None:\n"
        "    first = session.scalar(\n"
        "        select(Waiting)\n"
        "        .where(Waiting.slot_id == slot, Waiting.offered_at.is_(None))\n"
        "        .order_by(Waiting.joined_at)\n"
        "        .limit(1)\n"
        "        .with_for_update(skip_locked=True)\n"
        "    )\n"
        "    if first is not None:\n"
        "        first.offered_at = func.now()\n"
        "    return first",
    ),
    Change(
        "deploy",
        (
            "Put the $title on our own server with Docker.",
            "How do I run this outside of Bloom? We have a small VPS.",
        ),
        (
            "One compose file: the app, PostgreSQL, and a volume for the data. Secrets come from `.env`.",
            "I added a health check, so that a restart waits for the database.",
        ),
        "compose.yml",
        "services:\n"
        "  app:\n"
        "    image: bloom/$key:stable\n"
        "    env_file: .env\n"
        "    depends_on: { db: { condition: service_healthy } }\n"
        "  db:\n"
        "    image: postgres:17\n"
        "    volumes: [data:/var/lib/postgresql/data]\n"
        "    healthcheck: { test: [CMD, pg_isready], interval: 5s }\n"
        "volumes: { data: {} }",
    ),
)
