/** app/login/page.tsx: a form for the action; it works without JavaScript, too. */
import { login } from "@/app/actions";

export default function Page() {
  return (
    <form action={login}>
      <input name="user" />
      <button type="submit">Log in</button>
    </form>
  );
}
