/** The generator's own theme, with a home page that is a `main`, and colours that can be read. */
import { Content } from "vitepress";
import theme, { VPHomeContent, VPHomeFeatures, VPHomeHero } from "vitepress/theme-without-fonts";
import { h } from "vue";
import "./style.css";

const Home = {
  name: "Home",
  render: () =>
    h("main", { class: "home" }, [
      h(VPHomeHero),
      h(VPHomeFeatures),
      h(VPHomeContent, () => h(Content)),
    ]),
};

export default {
  extends: theme,
  enhanceApp: ({ app }) => void app.component("Home", Home),
};
