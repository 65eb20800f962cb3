/** The page both apps show. */

export interface Visitor {
  views?: number | undefined;
  user?: string | undefined;
  clicks?: number | undefined;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

export function page(served: string, visitor: Visitor): string {
  const { views = 0, user, clicks = 0 } = visitor;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>websession</title>
<style>
  body { font: 18px/1.5 system-ui, sans-serif; max-width: 34em; margin: 3em auto; padding: 0 1em }
  pre { background: #f4f4f4; padding: 1em; overflow: auto }
  form { display: inline }
  button, input { font: inherit }
</style>
<h1>${served}</h1>
<p>${user ? `Logged in as <b id="user">${escape(user)}</b>.` : "Nobody is logged in."}
<pre id="session">${escape(JSON.stringify({ views, clicks, user }, null, 2))}</pre>
${
    user
      ? `<form method="post" action="/logout"><button>Log out</button></form>`
      : `<form method="post" action="/login"><input name="user" placeholder="Your name" required>
<button>Log in</button></form>`
  }
<form method="post" action="/click" id="click"><button>8 clicks at once</button></form>
<p>The other app has the same session, at the neighbouring port:
<a id="other">go there</a>.
<script>
  const other = document.getElementById("other");
  const port = Number(location.port);
  other.href = "http://localhost:" + (${
    served.startsWith("Express") ? "port + 1" : "port - 1"
  }) + "/";
  document.getElementById("click").addEventListener("submit", async (event) => {
    event.preventDefault();
    await Promise.all(Array.from({ length: 8 }, () => fetch("/click", { method: "POST" })));
    location.reload();
  });
</script>
</html>
`;
}
