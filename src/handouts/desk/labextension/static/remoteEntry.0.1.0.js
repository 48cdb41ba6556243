// Handouts in JupyterLab: a preview beside the notebook, who each cell is for, new topics.
// JupyterLab loads this file as the container of a prebuilt extension, so there is nothing to build: `init` takes the
// packages that JupyterLab shares, `get` gives the plugin. This holds for JupyterLab 4.6; tests/test_desk.py holds it.
(() => {
  "use strict";
  const VERSION = "0.1.0";
  const NAME = "handouts";
  let shared = null;

  async function take(name) {
    const offers = Object.values(shared[name] ?? {});
    if (!offers.length) throw new Error(`JupyterLab does not share ${name}.`);
    const offer = offers.find((one) => one.loaded || one.eager) ?? offers[0];
    return (await offer.get())();
  }

  const PACKAGES = [
    "@jupyterlab/application", "@jupyterlab/apputils", "@jupyterlab/coreutils", "@jupyterlab/docregistry", "@jupyterlab/launcher", "@jupyterlab/notebook",
    "@jupyterlab/services", "@jupyterlab/settingregistry", "@jupyterlab/ui-components", "@lumino/widgets",
  ];

  async function plugin() {
    const found = Object.assign({}, ...(await Promise.all(PACKAGES.map(take))));
    return {
      id: "handouts:preview",
      description: "The page of a notebook beside it, and who each cell is for.",
      autoStart: true,
      requires: [found.INotebookTracker],
      optional: [found.ICommandPalette, found.ILauncher, found.ILayoutRestorer, found.ISettingRegistry],
      activate: (app, tracker, palette, launcher, restorer, settings) => activate(found, { app, tracker, palette, launcher, restorer, settings }),
    };
  }

  function activate(lab, { app, tracker, palette, launcher, restorer, settings }) {
    const { Dialog, showDialog, NotebookActions, Notification, showErrorMessage, InputDialog, MainAreaWidget, ABCWidgetFactory, DocumentWidget, ToolbarButton, WidgetTracker, IFrame, LabIcon, PageConfig, PathExt, ServerConnection, URLExt, Widget } = lab;
    const server = ServerConnection.makeSettings();
    const addressOf = (what, path) => URLExt.join(server.baseUrl, NAME, what, URLExt.encodeParts(path));
    const icon = new LabIcon({ name: "handouts:page", svgstr: PAGE_ICON });
    const previews = new WidgetTracker({ namespace: "handouts-preview" });
    const topics = new Map(); // notebook panel -> what the server says of it, or null
    const toldLast = new WeakMap(); // notebook panel -> what was told after its last save

    async function ask(what, path, init = {}) {
      const answer = await ServerConnection.makeRequest(addressOf(what, path), init, server);
      if (answer.status === 404) return null;
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(told.reason || told.message || `The server answered ${answer.status}.`);
      return told;
    }

    // ---- the preview

    // A page of ours in a frame. It is loaded again whenever it is moved to another place: it comes back with what was chosen in it.
    class Frame extends IFrame {
      constructor(title, className, more = []) {
        super({ sandbox: ["allow-scripts", "allow-same-origin", "allow-modals", ...more] });
        this.addClass(className);
        this.frame.title = title;
      }
      get frame() {
        return this.node.querySelector("iframe");
      }
      onAfterAttach(message) {
        super.onAfterAttach?.(message);
        this.url = this.address();
      }
    }

    class PreviewFrame extends Frame {
      constructor(path, search) {
        super("Preview", "handouts-Preview", ["allow-popups"]);
        this.path = path;
        this.search = search ?? "";
      }
      address() {
        return addressOf("preview", this.path) + this.search;
      }
    }

    // The notebook of a topic, with its page beside it.
    async function openTopic(path) {
      const opened = await app.commands.execute("docmanager:open", { path, factory: "Notebook" });
      open(path, "", opened?.id);
    }

    const previewOf = (path) => previews.find((one) => one.content.path === path);

    function open(path, search, beside) {
      let preview = previewOf(path);
      if (!preview) {
        const content = new PreviewFrame(path, search);
        preview = new MainAreaWidget({ content });
        preview.id = `handouts-preview-${path}`;
        preview.title.label = `Preview: ${stem(path)}`;
        preview.title.caption = `The page of ${path}`;
        preview.title.icon = icon;
        preview.title.closable = true;
        preview.toolbar.hide();
        previews.add(preview);
      }
      const other = previews.find((one) => one !== preview && one.isAttached);
      const place = other ? { mode: "tab-after", ref: other.id } : { mode: "split-right", ref: beside };
      if (!preview.isAttached) app.shell.add(preview, "main", place);
      app.shell.activateById(preview.id);
      return preview;
    }

    // ---- the panel of the collection, at the side

    class Panel extends Frame {
      constructor() {
        super("Handouts", "handouts-Panel", ["allow-popups", "allow-popups-to-escape-sandbox", "allow-forms", "allow-downloads"]);
        this.id = "handouts-panel";
        this.title.icon = icon;
        this.title.caption = "Handouts";
      }
      address() {
        return addressOf("", "");
      }
    }
    const panel = new Panel();
    void ask("collection", "").then((told) => told && app.shell.add(panel, "left", { rank: 150 }), () => undefined);
    app.commands.addCommand("handouts:panel", {
      label: "Show All Handouts",
      caption: "Show the topics of the collection: build, check, review, letters",
      isEnabled: () => panel.isAttached,
      execute: () => app.shell.activateById(panel.id),
    });

    // ---- tables: a double click on one in data/ opens it as a grid, and so do the panel and what is found in the preview

    class TableFrame extends Frame {
      constructor(path) {
        super(stem(path), "handouts-Table");
        this.path = path;
        this.hash = "";
      }
      address() {
        return `${addressOf("table", stem(this.path))}${this.hash}`;
      }
      show(hash) {
        this.hash = `#${hash}`;
        this.url = this.address();
      }
    }
    class TableFactory extends ABCWidgetFactory {
      createNewWidget(context) {
        const within = PathExt.dirname(context.localPath) === folder;
        const content = within ? new TableFrame(context.localPath) : new Widget({ node: element("p", "handouts-Table", { textContent: "This is no table of the collection that is open here. Click the file with the right button, and choose Open With." }) });
        return new DocumentWidget({ context, content });
      }
    }
    // Ctrl+S saves the table that is in front, wherever the keys are: the file that JupyterLab knows of it is for reading.
    window.addEventListener("keydown", (event) => {
      const content = app.shell.currentWidget?.content;
      if (!(content instanceof TableFrame) || event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopPropagation();
      content.frame.contentWindow.postMessage({ handouts: "save" }, window.location.origin);
    }, true);
    const FACTORY = "Handouts Table";
    let folder = null; // data/ as the server calls it, once there is a collection
    async function openTable(name, hash) {
      const opened = await app.commands.execute("docmanager:open", { path: `${folder}/${name}`, factory: FACTORY });
      await opened?.context.ready;
      if (hash) opened?.content.show(hash);
    }
    void ask("tables", "").then((told) => {
      if (!told) return;
      folder = told.folder;
      const names = told.tables.map((one) => one.name.replace(/[.]/g, "[.]"));
      app.docRegistry.addFileType({ name: "handouts-table", displayName: "Table of Handouts", pattern: `^(${names.join("|")})$`, extensions: [], mimeTypes: ["text/csv"], contentType: "file", fileFormat: "text" });
      app.docRegistry.addWidgetFactory(new TableFactory({ name: FACTORY, label: FACTORY, fileTypes: ["handouts-table"], defaultFor: ["handouts-table"], readOnly: true }));
    }, () => undefined);

    if (restorer) {
      restorer.restore(previews, {
        command: "handouts:preview",
        args: (one) => ({ path: one.content.path, search: one.content.search }),
        name: (one) => one.content.path,
      });
    }

    window.addEventListener("message", (event) => {
      if (event.origin !== window.location.origin || !event.data?.handouts) return;
      if (event.source === panel.frame.contentWindow && event.data.handouts === "open") void openTopic(String(event.data.path));
      const preview = previews.find((one) => one.content.frame.contentWindow === event.source);
      if (event.data.handouts === "table" && (preview || event.source === panel.frame.contentWindow)) void openTable(String(event.data.name), String(event.data.hash ?? ""));
      if (!preview) return;
      if (event.data.handouts === "asked") {
        preview.content.search = String(event.data.search);
        previews.save(preview);
      }
      if (event.data.handouts === "save") void panelOf(preview.content.path)?.context.save();
      if (event.data.handouts === "trusted") for (const path of event.data.paths) trust(panelOf(String(path)));
      if (event.data.handouts === "cell") void show(preview.content.path, String(event.data.id));
    });

    // The server trusts the notebook now; what is open of it was read before.
    function trust(panel) {
      for (const cell of panel?.content.model?.cells ?? []) if (cell.type === "code") cell.trusted = true;
    }

    async function show(path, id) {
      const panel = tracker.find((one) => one.context.path === path);
      if (!panel) return;
      const { content } = panel;
      const index = content.widgets.findIndex((cell) => cell.model.id === id);
      if (index < 0) return;
      app.shell.activateById(panel.id);
      content.activeCellIndex = index;
      content.deselectAll();
      await content.scrollToItem(index, "smart");
    }

    // ---- notebooks that are topics

    const panelOf = (path) => (path ? tracker.find((one) => one.context.path === path) : tracker.currentWidget);

    async function look(panel) {
      let told = null;
      try {
        told = await ask("facets", panel.context.path);
      } catch (error) {
        console.warn(`handouts: ${error.message}`);
      }
      if (panel.isDisposed) return;
      if (told && !topics.get(panel)) settle(panel);
      topics.set(panel, told);
      panel.node.classList.toggle("handouts-Topic", Boolean(told));
      for (const button of panel.handoutsButtons ?? []) button.setHidden(!told);
      app.commands.notifyCommandChanged();
      decorate(panel);
    }

    // What a writer of words expects of a notebook that is a topic.
    function settle(panel) {
      const { content, context } = panel;
      content.notebookConfig = { ...content.notebookConfig, defaultCell: "markdown" }; // what + adds is text
      context.sessionContext.kernelPreference = { ...context.sessionContext.kernelPreference, shutdownOnDispose: true };
      pasteInto(panel);
      content.node.addEventListener("dblclick", () => {
        // JupyterLab shows the source of a paragraph, and leaves the keys to its commands: what is typed next would run them
        const { activeCell: cell } = content;
        if (cell?.model.type === "markdown" && !cell.rendered) content.mode = "edit";
      });
      // A kernel that starts writes its version into the notebook, which nobody would save: words alone make it unsaved.
      const cells = () => JSON.stringify(context.model.toJSON().cells);
      let saved = panel.handoutsRead;
      context.saveState.connect((_, state) => {
        if (state === "completed") saved = cells();
      });
      context.model.stateChanged.connect((_, change) => {
        // only once the change is whole: a change must never be taken for none
        if (change.name === "dirty" && change.newValue) setTimeout(() => !context.isDisposed && cells() === saved && (context.model.dirty = false), 100);
      });
      if (context.model.dirty && cells() === panel.handoutsRead) context.model.dirty = false;
    }

    tracker.widgetAdded.connect((_, panel) => {
      const button = new ToolbarButton({
        icon, label: "Preview", tooltip: "Show the page of this notebook beside it (Ctrl+Alt+P)",
        onClick: () => open(panel.context.path, "", panel.id),
      });
      button.addClass("handouts-Button");
      button.setHidden(true);
      panel.toolbar.insertAfter("save", "handouts-preview", button) || panel.toolbar.addItem("handouts-preview", button);
      const inserting = new ToolbarButton({ label: "Insert", tooltip: "Put in a source, a number, a word, a box, a picture (Ctrl+Alt+I)", onClick: () => void insert(panel) });
      inserting.addClass("handouts-Insert");
      inserting.setHidden(true);
      panel.toolbar.insertAfter("handouts-preview", "handouts-insert", inserting);
      panel.handoutsButtons = [button, inserting];
      panel.disposed.connect(() => topics.delete(panel));
      panel.context.pathChanged.connect(() => void look(panel));
      panel.context.saveState.connect((_, state) => {
        if (state === "completed") void saved(panel);
      });
      void panel.context.ready.then(() => {
        panel.handoutsRead = JSON.stringify(panel.context.model.toJSON().cells);
        panel.content.model?.cells.changed.connect(() => decorate(panel));
        void look(panel);
      });
    });

    async function saved(panel) {
      if (!topics.get(panel)) return;
      const { path } = panel.context;
      previewOf(path)?.content.frame.contentWindow?.postMessage({ handouts: "saved" }, window.location.origin);
      const told = (await ask("saved", path)) ?? [];
      const text = told.map((one) => one.told).join("\n");
      if (text !== toldLast.get(panel)) {
        for (const one of told) {
          const callback = () => void panel.context.revert().then(() => show(path, one.cell));
          Notification.info(one.told, {
            autoClose: 15000,
            actions: [{ label: "Show it here", caption: "Read the notebook again as it was saved", callback }],
          });
        }
      }
      toldLast.set(panel, text);
    }

    // ---- what can be put into a text

    class Choice extends Widget {
      constructor(items) {
        super();
        this.addClass("handouts-Choice");
        this.items = items;
        const search = element("input", "jp-mod-styled", { type: "search", id: "handouts-search" });
        this.list = element("select", "jp-mod-styled", { id: "handouts-choice", size: 14 });
        this.list.setAttribute("aria-label", "What to put in");
        this.node.append(element("label", "", { htmlFor: search.id, textContent: "Search: a word of it, such as an author, a number, a title" }), search, this.list);
        search.addEventListener("input", () => this.draw(search.value));
        search.addEventListener("keydown", (event) => event.key === "ArrowDown" && (event.preventDefault(), this.list.focus()));
        this.draw("");
      }
      draw(words) {
        const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
        const groups = new Map();
        this.items.forEach((item, count) => {
          const text = `${item.group} ${item.label} ${item.text}`.toLowerCase();
          if (!wanted.every((word) => text.includes(word))) return;
          if (!groups.has(item.group)) groups.set(item.group, element("optgroup", "", { label: item.group }));
          groups.get(item.group).append(element("option", "", { value: String(count), textContent: item.label }));
        });
        this.list.replaceChildren(...groups.values());
        if (wanted.length && this.list.options.length) this.list.selectedIndex = 0;
      }
      getValue() {
        return this.items[Number(this.list.value || "NaN")] ?? null;
      }
    }

    async function insert(panel) {
      try {
        const items = await ask("insertions", panel.context.path);
        if (!items) return;
        const { button, value } = await showDialog({
          title: "Insert", body: new Choice(items), focusNodeSelector: "#handouts-search", buttons: [Dialog.cancelButton(), Dialog.okButton({ label: "Insert" })],
        });
        if (!button.accept || !value) return;
        if (value.opens === "picture") await addPicture(panel);
        else if (value.opens) await openTable(value.opens, "add=yes");
        else put(panel.content, value);
      } catch (error) {
        await showErrorMessage("Nothing was put in", error.message);
      }
    }

    // A picture from this computer, with what a page needs to show it.
    class PictureForm extends Widget {
      constructor() {
        super();
        this.addClass("handouts-Choice");
        const ask = (id, label, properties = {}) => {
          const input = element("input", "jp-mod-styled", { id: `handouts-${id}`, name: id, ...properties });
          this.node.append(element("label", "", { htmlFor: input.id, textContent: label }), input);
        };
        ask("file", "The picture: SVG, PNG or JPEG", { type: "file", accept: ".svg,.png,.jpg,.jpeg" });
        ask("title", "Its title");
        ask("caption", "What to see in it");
        ask("alt", "What it shows, for who cannot see it");
        ask("credit", "Who made it, and under what licence (may be empty)");
      }
      getValue() {
        const [file] = this.node.querySelector("[type=file]").files;
        return { file, ...Object.fromEntries([...this.node.querySelectorAll("input:not([type=file])")].map((one) => [one.name, one.value.trim()])) };
      }
    }

    async function addPicture(panel, body = new PictureForm()) {
      const { button, value } = await showDialog({ title: "A picture from this computer", body, buttons: [Dialog.cancelButton(), Dialog.okButton({ label: "Put it in" })] });
      if (!button.accept) return;
      if (!value.file) throw new Error("No picture was chosen.");
      const bytes = new Uint8Array(await value.file.arrayBuffer());
      const content = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
      const told = await ask("picture", "", { method: "POST", body: JSON.stringify({ ...value, file: value.file.name, content }) });
      if (!told) throw new Error("The server extension of Handouts is not there.");
      put(panel.content, { text: `picture("${told.name}")`, cell: "code" });
    }

    // What a code cell calls has to be imported above it.
    function bringIn(content, text) {
      const name = /^(\w+)\(/.exec(text)?.[1];
      const known = /^(from handouts\.show import )(.+)$/m;
      const model = content.widgets.map((one) => one.model.sharedModel).find((one) => one.cell_type === "code" && known.test(one.getSource()));
      if (!name || !model) return;
      const [line, begin, names] = known.exec(model.getSource());
      if (names.split(/[\s,]+/).includes(name)) return;
      model.setSource(model.getSource().replace(line, `${begin}${[...names.split(/\s*,\s*/), name].sort().join(", ")}`));
    }

    function put(content, { text, cell, tag }) {
      if (cell === "code") bringIn(content, text);
      const before = content.activeCell;
      if (cell || before?.model.type !== "markdown") {
        NotebookActions.insertBelow(content);
        NotebookActions.changeCellType(content, cell || "markdown");
        content.activeCell.model.sharedModel.setSource(text);
        if (tag) content.activeCell.model.setMetadata("tags", [...(before ? tagsOf(before.model).filter((one) => !one.startsWith("part:")) : []), tag]);
      } else {
        before.rendered = false;
        if (before.editor) before.editor.replaceSelection(text);
        else before.model.sharedModel.setSource(before.model.sharedModel.getSource() + text);
      }
      if (content.activeCell.model.type === "markdown") content.activeCell.rendered = false;
      content.mode = "edit";
    }

    // ---- what comes from another program

    // A text with headings, lists, tables, bold or links is asked for as Markdown; plain words go where they always go.
    function pasteInto(panel) {
      panel.content.node.addEventListener("paste", (event) => {
        const cell = panel.content.activeCell;
        const html = event.clipboardData?.getData("text/html") ?? "";
        if (!topics.get(panel) || cell?.model.type !== "markdown" || !cell.editor?.hasFocus() || !html) return;
        const plain = event.clipboardData.getData("text/plain");
        event.preventDefault();
        event.stopPropagation();
        const put = (text) => !cell.isDisposed && cell.editor?.replaceSelection(text);
        const asked = ask("pasted", panel.context.path, { method: "POST", body: JSON.stringify({ html }) });
        void asked.then((told) => {
          put(told?.text || plain);
          if (told?.left_out.length) Notification.info(told.left_out.join("\n"), { autoClose: 15000 });
        }, (error) => {
          put(plain);
          Notification.warning(`Only the words were pasted. ${error.message}`);
        });
      }, true);
    }

    // ---- who a cell is for

    function decorate(panel) {
      const told = topics.get(panel);
      for (const cell of panel.content.widgets) {
        if (!cell.handoutsFor && told && cell.layout) {
          const badge = new For(cell, told);
          cell.handoutsFor = badge;
          cell.layout.insertWidget(0, badge);
        } else if (cell.handoutsFor && told) {
          cell.handoutsFor.told = told;
          cell.handoutsFor.draw();
        } else if (cell.handoutsFor && !told) {
          cell.handoutsFor.dispose();
          cell.handoutsFor = null;
        }
      }
    }

    // Plain keys typed there are no commands of the notebook; those with Ctrl, such as saving, are. The window hears of a key
    // before JupyterLab does.
    window.addEventListener(
      "keydown",
      (event) => {
        const badge = event.target.closest?.(".handouts-For");
        badge?.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey || event.altKey));
      },
      true,
    );

    const tagsOf = (model) => model.getMetadata("tags") ?? [];

    class For extends Widget {
      constructor(cell, told) {
        super();
        this.addClass("handouts-For");
        this.model = cell.model;
        this.told = told;
        this.summary = element("button", "handouts-For-summary", { type: "button" });
        this.summary.setAttribute("aria-expanded", "false");
        this.groups = element("div", "handouts-For-groups", { hidden: true });
        this.node.append(this.summary, this.groups);
        this.summary.addEventListener("click", () => this.toggle());
        this.node.addEventListener("mousedown", (event) => event.stopPropagation()); // a click here neither selects nor drags cells
        this.node.addEventListener("keydown", (event) => {
          if (event.key === "Escape" && !this.groups.hidden) {
            this.toggle();
            this.summary.focus();
          }
        });
        this.model.metadataChanged.connect(this.draw, this);
        this.draw();
      }
      dispose() {
        if (!this.isDisposed) this.model.metadataChanged.disconnect(this.draw, this);
        super.dispose();
      }
      toggle() {
        this.groups.hidden = !this.groups.hidden;
        this.summary.setAttribute("aria-expanded", String(!this.groups.hidden));
        this.draw();
      }
      press(tag, group) {
        const before = tagsOf(this.model);
        let after = before.includes(tag) ? before.filter((one) => one !== tag) : [...before, tag];
        if (group.single && after.includes(tag)) after = after.filter((one) => one === tag || !one.startsWith(`${group.name}:`));
        if (after.length) this.model.setMetadata("tags", after);
        else this.model.deleteMetadata("tags");
      }
      all() {
        const parts = { name: "part", label: "Part of the page", single: true, values: this.told.parts };
        return [...this.told.facets, parts].filter((group) => group.values.length);
      }
      draw() {
        const tags = tagsOf(this.model);
        this.setHidden(tags.includes("parameters"));
        const pressed = (group) => group.values.filter((one) => tags.includes(`${group.name}:${one.value}`)).map((one) => one.label);
        const readers = this.told.facets.map((facet) => pressed(facet).join(", ")).filter(Boolean);
        const part = this.all().filter((group) => group.single).map((group) => pressed(group).join(", ")).filter(Boolean);
        this.summary.textContent = [`For: ${readers.join(" · ") || "every reader"}`, ...part].join(" — ");
        this.summary.classList.toggle("handouts-mod-everyone", !readers.length);
        this.summary.classList.toggle("handouts-mod-some", Boolean(readers.length));
        if (this.groups.hidden) return;
        if (!this.groups.children.length) this.build();
        for (const button of this.groups.querySelectorAll("button")) button.setAttribute("aria-pressed", String(tags.includes(button.dataset.tag)));
      }
      build() {
        for (const group of this.all()) {
          const row = element("div", "handouts-For-group");
          row.setAttribute("role", "group");
          row.setAttribute("aria-label", group.label);
          const values = element("div", "handouts-For-values");
          for (const one of group.values) {
            const button = element("button", "", { type: "button", textContent: one.label });
            button.dataset.tag = `${group.name}:${one.value}`;
            button.addEventListener("click", () => this.press(button.dataset.tag, group));
            values.append(button);
          }
          row.append(element("span", "", { textContent: group.label }), values);
          this.groups.append(row);
        }
        this.groups.append(element("div", "handouts-For-note", { textContent: `${this.told.facets.map((facet) => facet.label).join(", ")}: where none is chosen, the cell is for every reader.` }));
      }
    }

    // ---- commands

    const current = () => tracker.currentWidget && topics.get(tracker.currentWidget);
    app.commands.addCommand("handouts:preview", {
      label: "Preview Handout",
      caption: "Show the page of this notebook beside it",
      icon,
      isEnabled: (args) => Boolean(args.path || current()),
      isVisible: (args) => Boolean(args.path || args.isPalette || current()),
      execute: (args) => {
        const panel = panelOf(args.path);
        const path = args.path ?? panel?.context.path;
        return path && open(path, args.search ?? "", panel?.id);
      },
    });
    app.commands.addCommand("handouts:insert", {
      label: "Insert into Handout",
      caption: "Put a source, a number, a word, a box or a picture into the text",
      isEnabled: () => Boolean(current()),
      execute: () => tracker.currentWidget && insert(tracker.currentWidget),
    });
    app.commands.addKeyBinding({ command: "handouts:insert", keys: ["Ctrl Alt I"], selector: ".jp-Notebook" });
    app.commands.addCommand("handouts:new-topic", {
      label: (args) => (args.isLauncher ? "New handout" : "New Handout"),
      caption: "Begin a handout on a new topic",
      icon: (args) => (args.isPalette ? undefined : icon),
      execute: async (args) => {
        const asked = args.title
          ? { button: { accept: true }, value: args.title }
          : await InputDialog.getText({ title: "New handout", label: "Its title, best the question that it answers:", placeholder: "Ice or heat: which one?", okLabel: "Begin" });
        const title = (asked.value ?? "").trim();
        if (!asked.button.accept || !title) return undefined;
        try {
          const made = await ask("new", "", { method: "POST", body: JSON.stringify({ title }) });
          if (!made) throw new Error("The server extension of Handouts is not there.");
          return await app.commands.execute("docmanager:open", { path: made.path, factory: "Notebook" });
        } catch (error) {
          return showErrorMessage("No handout was begun", error.message);
        }
      },
    });
    let setting = null;
    const readersShown = () => (setting ? Boolean(setting.composite.readers) : true);
    const applyReaders = () => document.body.classList.toggle("handouts-hidden", !readersShown());
    app.commands.addCommand("handouts:readers", {
      label: "Show Who Each Cell Is For",
      isToggled: readersShown,
      isVisible: () => Boolean(current()),
      execute: () => setting?.set("readers", !readersShown()),
    });
    tracker.currentChanged.connect(() => app.commands.notifyCommandChanged());
    if (settings) {
      void settings.load("handouts:preview").then((loaded) => {
        setting = loaded;
        loaded.changed.connect(applyReaders);
        applyReaders();
      }, (error) => console.warn(`handouts: ${error.message}`));
    }
    for (const command of ["handouts:panel", "handouts:preview", "handouts:insert", "handouts:new-topic"]) palette?.addItem({ command, category: "Handouts", args: { isPalette: true } });
    launcher?.add({ command: "handouts:new-topic", category: "Handouts", rank: 0, args: { isLauncher: true } });
  }

  const stem = (path) => path.split("/").pop().replace(/\.ipynb$/, "");

  function element(tag, className, properties = {}) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    return Object.assign(made, properties);
  }

  const PAGE_ICON =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16"><g class="jp-icon3" fill="#616161">' +
    '<path d="M6 2h8.5L19 6.500V22H6a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zm1 2v16h10V8h-4V4H7z"/><path d="M9 11h6v1.600H9zm0 3.200h6v1.600H9zm0 3.200h4V19H9z"/></g></svg>';

  function style() {
    const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
    const base = config.fullLabextensionsUrl ?? "/lab/extensions";
    document.head.append(element("link", "", { rel: "stylesheet", href: `${base}/${NAME}/static/style.${VERSION}.css` }));
  }

  const modules = {
    "./extension": async () => {
      const made = await plugin();
      return () => ({ __esModule: true, default: made });
    },
    "./style": async () => () => (style(), {}),
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init: (scope) => {
      shared = scope;
    },
    get: (name) => (modules[name] ? modules[name]() : Promise.reject(new Error(`No ${name} in ${NAME}.`))),
  };
})();
