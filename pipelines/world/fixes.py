"""What goes wrong in people's applications, and what the builder changes then."""

from pipelines.world.wording import Change

FIXES = (
    Change(
        "day-off-by-one",
        (
            "The $date of every $item shows one day too early. It is right in the database.",
            "When I pick the 14th for a new $item it is saved as the 13th.",
            "Dates are wrong by a day for our $who in Lisbon but right for me in Berlin.",
        ),
        (
            "The date was turned into midnight UTC and back, which is the day before west of Greenwich. "
            "I keep it as plain text until it is shown.",
            '`new Date("2026-03-14")` is read as UTC. The page now splits the text and never makes an instant of it.',
        ),
        "src/lib/day.ts",
        "export function day(text: string): string {\n"
        '  const [year, month, date] = text.split("-").map(Number);\n'
        "  return new Date(year, month - 1, date).toLocaleDateString();\n"
        "}",
    ),
    Change(
        "list-stays-old",
        (
            "After I save $an_item the list of $items does not change until I reload the page.",
            "New $items only appear after a refresh.",
            "Saving works but the table keeps showing the old $items.",
        ),
        (
            "The form saved the $item but nobody told the list. It now invalidates the query when the save succeeds.",
            "The cached list was never marked as stale. I added that to the mutation.",
        ),
        "src/$route/useSave$Item.ts",
        "export function useSave$Item() {\n"
        "  const cache = useQueryClient();\n"
        "  return useMutation({\n"
        "    mutationFn: save$Item,\n"
        '    onSuccess: () => cache.invalidateQueries({ queryKey: ["$route"] }),\n'
        "  });\n"
        "}",
    ),
    Change(
        "saved-twice",
        (
            "Some $who click twice and then we have the same $item two times.",
            "We get duplicate $items when the network is slow.",
            "Please make sure that one $item cannot be submitted twice.",
        ),
        (
            "The button is disabled while the request runs, and the server refuses a second $item with the same key.",
            "I gave each form an idempotency key. The second click gets the first answer back.",
        ),
        "src/$route/$Item.form.tsx",
        "const [key] = useState(() => crypto.randomUUID());\n"
        "const save = useSave$Item(key);\n\n"
        '<button type="submit" disabled={save.isPending}>\n'
        '  {save.isPending ? "Saving…" : "Save $item"}\n'
        "</button>",
    ),
    Change(
        "white-page",
        (
            "The page goes white as soon as there are no $items yet.",
            "I opened the $title with an empty account and it crashes.",
            "A new workspace shows nothing at all, only a white screen.",
        ),
        (
            "`rows` is undefined before the first answer arrives. The list now starts empty and says so.",
            "The component mapped over a value that was not there yet. I added an empty state.",
        ),
        "src/$route/$Items.list.tsx",
        "export function $Items({ rows = [] }: { rows?: $Item[] }) {\n"
        "  if (rows.length === 0) return <p>No $items yet.</p>;\n"
        "  return <ul>{rows.map((row) => <li key={row.id}>{row.$when}</li>)}</ul>;\n"
        "}",
        "TypeError: Cannot read properties of undefined (reading 'map')\n"
        "    at $Items (__path__:12:19)\n    at renderWithHooks",
    ),
    Change(
        "total-is-nan",
        (
            "The total under the list says NaN when one $item has no $amount.",
            "Sum of $amount is NaN since yesterday.",
            "Our monthly total is broken, it just says NaN.",
        ),
        (
            "An empty $amount counted as undefined. It counts as zero now, and the form asks for it.",
            "One row without $amount spoiled the sum; I default it before adding.",
        ),
        "src/lib/total.ts",
        "export const total = (rows: $Item[]) =>\n  rows.reduce((sum, row) => sum + (row.$amount ?? 0), 0);",
    ),
    Change(
        "slow-list",
        (
            "The list of $items takes eight seconds to load now that we have a few thousand.",
            "Why is the start page so slow? It was fine with the test data.",
            "Loading all $items got really slow this week.",
        ),
        (
            "The page asked the database once for every $item. One join does it, and an index on $when keeps it quick.",
            "I replaced the query in the loop by one join and added an index.",
        ),
        "db/list_$table.sql",
        "CREATE INDEX IF NOT EXISTS ix_${table}_$when ON $table ($when);\n\n"
        "SELECT t.id, t.$when, t.$amount, p.display_name\n"
        "FROM $table AS t\n"
        "JOIN people AS p ON p.id = t.person_id\n"
        "ORDER BY t.$when DESC\n"
        "LIMIT 50;",
    ),
    Change(
        "sorted-as-text",
        (
            "When I sort by $amount, 100 comes before 20.",
            "Sorting the $items by number is wrong: 9 is after 80.",
        ),
        (
            "The column was compared as text. It is compared as a number now.",
            "`sort()` without a function compares text. I pass one.",
        ),
        "src/lib/order.ts",
        "export const by$Item = (a: $Item, b: $Item) => Number(a.$amount) - Number(b.$amount);",
    ),
    Change(
        "cors",
        (
            "The browser says the request was blocked by CORS policy, but curl works.",
            "My page cannot reach the API since I moved it to our own domain.",
        ),
        (
            "The API only knew the preview address. Your domain is on the list now, read from the settings.",
            "I allow the origin that is set in `WEB_ORIGIN`, and nothing else.",
        ),
        "api/main.py",
        "app.add_middleware(\n"
        "    CORSMiddleware,\n"
        "    allow_origins=[settings.web_origin],\n"
        '    allow_methods=["GET", "POST", "PATCH"],\n'
        "    allow_credentials=True,\n"
        ")",
        "Access to fetch at '/api/$route' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header",
    ),
    Change(
        "login-loop",
        (
            "After login I land on the login page again, in Safari only.",
            "Our $who cannot sign in, the page keeps going round in a circle.",
        ),
        (
            "The session cookie was refused because it lacked `Secure`. With that and `SameSite=Lax` the loop ends.",
            "Safari dropped the cookie. I set its attributes explicitly.",
        ),
        "api/session.py",
        "response.set_cookie(\n"
        '    "session", token, max_age=60 * 60 * 8, httponly=True, secure=True, samesite="lax"\n'
        ")",
    ),
    Change(
        "cents",
        (
            "The invoice is one cent off when there are three $items on it.",
            "0.1 + 0.2 problem: our totals end in 0000000004.",
        ),
        (
            "Money is kept in whole cents now and only turned into text when shown.",
            "I use Decimal with two places on the server; the page shows what it gets.",
        ),
        "api/money.py",
        "from decimal import ROUND_HALF_EVEN, Decimal\n\n\n"
        "def total(prices: list[Decimal]) -> Decimal:\n"
        '    return sum(prices, Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)',
    ),
    Change(
        "same-slot",
        (
            "Two $who got the same $date today. That must not happen.",
            "We had a double booking again, two $items at the same time.",
        ),
        (
            "A check in the page is too late. The database now refuses the second $item itself, and the form says why.",
            "I moved the rule into a unique constraint; the API answers 409 with a sentence.",
        ),
        "db/one_$table.sql",
        "ALTER TABLE $table\n  ADD CONSTRAINT one_per_slot UNIQUE (room_id, $when);",
        'sqlalchemy.exc.IntegrityError: duplicate key value violates unique constraint "one_per_slot"\n'
        '  File "__path__", line 41, in create',
    ),
    Change(
        "upload-fails",
        (
            "Uploading a photo larger than a megabyte gives an error 413.",
            "Photos from a phone do not upload, small ones do.",
        ),
        (
            "The proxy allowed one megabyte. The picture is made smaller in the browser before it is sent.",
            "I scale the picture to 1600 pixels first, which keeps it below the limit.",
        ),
        "src/lib/photo.ts",
        "export async function small(file: File, edge = 1600): Promise<Blob> {\n"
        "  const image = await createImageBitmap(file, { resizeWidth: edge });\n"
        "  const canvas = new OffscreenCanvas(image.width, image.height);\n"
        '  canvas.getContext("2d")!.drawImage(image, 0, 0);\n'
        '  return canvas.convertToBlob({ type: "image/webp", quality: 0.85 });\n'
        "}",
    ),
    Change(
        "build-types",
        (
            "The build fails now.",
            "It does not build any more after your last change.",
            "Red build. Can you look?",
        ),
        (
            "The new field was missing from the type. I added it where the $item is declared.",
            "`$Item` did not know the field yet; the type and the form agree again.",
        ),
        "src/$route/types.ts",
        "export type $Item = {\n"
        "  id: string;\n"
        "  $when: string;\n"
        "  $amount: number | null;\n"
        '  state: "$first" | "$second" | "$last";\n'
        "};",
        "__path__:8:14 - error TS2339: Property 'state' does not exist on type '$Item'.\n\nFound 1 error.",
    ),
    Change(
        "migration-fails",
        (
            "Deploying stops at the migration.",
            "The deploy is stuck, it says something about a null value.",
        ),
        (
            "Old $items have no $amount. The migration fills it first and only then forbids null.",
            "I split it: add the column, fill it, then set NOT NULL.",
        ),
        "db/0007_$table.sql",
        "ALTER TABLE $table ADD COLUMN IF NOT EXISTS $amount integer;\n"
        "UPDATE $table SET $amount = 0 WHERE $amount IS NULL;\n"
        "ALTER TABLE $table ALTER COLUMN $amount SET NOT NULL;",
        'psycopg.errors.NotNullViolation: column "$amount" of relation "$table" contains null values\n'
        '  File "__path__", line 88, in upgrade',
    ),
)
