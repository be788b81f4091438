//! A real browser without a window, driven over its own DevTools protocol: JSON through two pipes.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const MISSING: &str = "the tests of the report open it in a real browser, and there is none: install Chromium \
                       (Debian and Ubuntu: `apt install chromium`)";
/// A page that is not ready by then hangs.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Browser {
    child: Child,
    to: File,
    answers: Receiver<Value>,
    next: u64,
    session: String,
    /// What the page complained about, and what it asked the network for.
    problems: Vec<String>,
    /// Where it keeps its profile and its pipes.
    _folder: TempDir,
}

impl Browser {
    pub fn start() -> Browser {
        let program = installed().expect(MISSING);
        let folder = tempfile::tempdir().expect("a folder");
        let pipes = ["in", "out"].map(|name| folder.path().join(name));
        let made = Command::new("mkfifo").args(&pipes).status().expect("mkfifo runs");
        assert!(made.success(), "two pipes can be made");
        // The browser reads its orders from descriptor 3 and answers on 4: a shell can open these.
        let child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<\"$IN\" 4>\"$OUT\""])
            .arg(program)
            .args([
                "--headless",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--force-device-scale-factor=1",
                "--window-size=1440,900",
            ])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .env("IN", &pipes[0])
            .env("OUT", &pipes[1])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let to = File::options().write(true).open(&pipes[0]).expect("the browser reads");
        let answers = listen(File::open(&pipes[1]).expect("the browser writes"));
        let mut browser = Browser {
            child,
            to,
            answers,
            next: 0,
            session: String::new(),
            problems: Vec::new(),
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let to_target = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", to_target);
        browser.session = session["sessionId"].as_str().expect("a session").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Calls a method of the protocol, and gives its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let mut order = json!({ "id": self.next, "method": method, "params": params });
        if !self.session.is_empty() {
            order["sessionId"] = json!(self.session);
        }
        self.to.write_all(order.to_string().as_bytes()).expect("the browser reads");
        self.to.write_all(&[0]).expect("the browser reads");
        loop {
            let mut answer =
                self.answers.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{method}: no answer"));
            if answer["id"] == json!(self.next) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.problems.extend(problem(&answer));
        }
    }

    /// Opens a page at a place of it, and waits until it is drawn.
    pub fn open(&mut self, page: &Path, place: &str) {
        self.problems.clear();
        self.call("Page.navigate", json!({ "url": "about:blank" }));
        self.call("Page.navigate", json!({ "url": format!("file://{}{place}", page.display()) }));
        self.wait_for("document.body?.dataset.ready === 'yes' && Number(document.body.dataset.drawn) > 0");
        self.settle();
    }

    /// Waits until the page has drawn what was asked of it.
    pub fn settle(&mut self) {
        self.eval("new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 250))");
    }

    pub fn wait_for(&mut self, condition: &str) {
        let pause = Duration::from_millis(50);
        for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
            if self.eval(condition) == json!(true) {
                return;
            }
            thread::sleep(pause);
        }
        panic!("never: {condition}; {:?}", self.problems);
    }

    /// The value of an expression in the page.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// An attribute `data-…` of the element with this id, by its name in scripts.
    pub fn said(&mut self, id: &str, name: &str) -> String {
        let value = self.eval(&format!("document.getElementById({id:?}).dataset[{name:?}] ?? '(missing)'"));
        value.as_str().expect("attributes are text").to_owned()
    }

    pub fn number(&mut self, id: &str, name: &str) -> f64 {
        let said = self.said(id, name);
        said.parse().unwrap_or_else(|_| panic!("{id}.{name} is `{said}`"))
    }

    pub fn mouse(&mut self, kind: &str, [x, y]: [f64; 2], more: Value) {
        let mut params = json!({ "type": kind, "x": x, "y": y });
        for (key, value) in more.as_object().expect("an object") {
            params[key] = value.clone();
        }
        self.call("Input.dispatchMouseEvent", params);
    }

    pub fn click(&mut self, at: [f64; 2]) {
        let left = json!({ "button": "left", "clickCount": 1 });
        self.mouse("mouseMoved", at, json!({}));
        self.mouse("mousePressed", at, left.clone());
        self.mouse("mouseReleased", at, left);
        self.settle();
    }

    pub fn press(&mut self, key: &str) {
        let text = if key.chars().count() == 1 { key } else { "" };
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyDown", "key": key, "text": text }));
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }));
        self.settle();
    }

    /// Corner and size of an element: left, top, width, height.
    pub fn frame(&mut self, id: &str) -> [f64; 4] {
        let expression = format!(
            "(({{ left, top, width, height }}) => [left, top, width, height])(document.getElementById({id:?}).getBoundingClientRect())"
        );
        let sides = self.eval(&expression);
        [0, 1, 2, 3].map(|side| sides[side].as_f64().expect("a number"))
    }

    /// Errors and warnings of the console, breaches of the content policy, and requests, since the page was opened.
    pub fn problems(&mut self) -> Vec<String> {
        self.eval("0");
        self.problems.clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn installed() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let places = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

/// Messages end with a zero.
fn listen(pipe: File) -> Receiver<Value> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for message in BufReader::new(pipe).split(0).map_while(Result::ok) {
            let value = serde_json::from_slice(&message).expect("the browser speaks JSON");
            if sender.send(value).is_err() {
                return;
            }
        }
    });
    receiver
}

fn problem(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" if params["type"] != "log" => Some(params["args"].to_string()),
        "Log.entryAdded" => Some(params["entry"]["text"].to_string()),
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str().unwrap_or_default();
            let is_page =
                url.starts_with("file://") && url.split('#').next().is_some_and(|url| url.ends_with(".html"));
            (!is_page && url != "about:blank").then(|| format!("it asks for {url}"))
        }
        _ => None,
    }
}
