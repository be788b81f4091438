//! Differences that can be seen on the page: colours against their ground, and labels against their neighbours.

use serde_json::{Value, json};

use crate::against;
use crate::browser::Browser;
use crate::pages::{Room, run_on};

/// How many pixels of the timeline have the colour of an activity.
fn pixels(browser: &mut Browser, activity: &str) -> f64 {
    let count = format!(
        "(() => {{
          const css = [...document.querySelectorAll('#legend .chip')].find((it) => it.textContent.startsWith({activity:?})).querySelector('.swatch');
          const [r, g, b] = getComputedStyle(css).backgroundColor.match(/\\d+/g).map(Number);
          const it = document.getElementById('lanes');
          const {{ data }} = it.getContext('2d').getImageData(0, 0, it.width, it.height);
          let n = 0;
          for (let i = 0; i < data.length; i += 4) n += data[i] === r && data[i + 1] === g && data[i + 2] === b;
          return n;
        }})()"
    );
    browser.eval(&count).as_f64().expect("a number")
}

#[test]
fn waits_for_operands_are_drawn_when_they_are_asked_for() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let page = room.page_of("operands", &run_on("gemm ranks=4", "sip", &[]));
    browser.open(&page, "#open=all");
    assert_eq!(browser.said("legend", "operand"), "false");
    assert_eq!(pixels(&mut browser, "operand"), 0.0, "they are off at first");
    assert!(pixels(&mut browser, "gemm") > 100.0 && pixels(&mut browser, "message") > 0.0);
    browser.eval("document.getElementById('noise').click()");
    browser.settle();
    assert!(pixels(&mut browser, "operand") > 100.0, "the toggle shows them");
    let address = browser.eval("location.hash").as_str().expect("text").to_owned();
    browser.open(&page, &address);
    assert_eq!(browser.said("legend", "operand"), "true", "the address keeps it: {address}");
    browser.press("o");
    assert_eq!(pixels(&mut browser, "operand"), 0.0, "`o` hides them");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

/// Labels of neighbouring ticks are different, at every zoom and place.
#[test]
fn ticks_have_labels_of_their_own() {
    let (room, mut browser) = (Room::new(), Browser::start());
    for (preset, words) in [("blackhole", "gemm ranks=4"), ("sip", "gemm ranks=4 m=512 n=512 k=512")] {
        let page = room.page_of(preset, &run_on(words, preset, &[]));
        browser.open(&page, "");
        let end = browser.number("timeline", "to");
        let mut seen = 0;
        for share in [0.0, 0.37, 0.999] {
            for length in [end, end / 10.0, 1e4, 1e3, 300.0, 40.0, 8.0] {
                let from = (share * (end - length)).floor().max(0.0);
                let place = format!("#t={from}-{}&tabs=mesh,rings,critical", (from + length).ceil());
                browser.eval(&format!("location.hash = {place:?}"));
                browser.settle();
                let labels = ["cycles", "times"].map(|name| browser.said("axis", name));
                let charts = browser.eval("document.querySelector('#rings .chart').dataset.labels");
                for all in labels.iter().map(String::as_str).chain(charts.as_str()) {
                    let all: Vec<&str> = all.split('|').collect();
                    seen += all.len();
                    assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{preset}{place}: {all:?}");
                }
            }
        }
        assert!(seen > 100, "{seen} labels");
    }
    assert_eq!(browser.problems(), Vec::<String>::new());
}

/// Contrast as WCAG 2 has it, of text 4.5 at least and of bars 3, in light and in dark; the system's choice is taken.
#[test]
fn colours_are_told_from_their_ground() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let page = room.page_of("colours", &run_on("mesh_mlo ranks=4 kv_len=256", "sip", &[]));
    let ratios = "(() => {
      const style = getComputedStyle(document.documentElement);
      const rgb = (name) => { const it = document.createElement('i'); document.body.append(it); it.style.color = `var(${name})`; const found = getComputedStyle(it).color.match(/[0-9.]+/g).map(Number); it.remove(); return found; };
      const part = (n) => (n <= 10 ? n / 255 / 12.92 : ((n / 255 + 0.055) / 1.055) ** 2.4);
      const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
      const ratio = (a, b) => { const [x, y] = [a, b].map((name) => light(rgb(name))); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
      const text = ['text', 'faint', 'accent', 'good', 'bad'].flatMap((name) => ['ground', 'raised'].map((on) => [`${name} on ${on}`, ratio(`--${name}`, `--${on}`), 4.5]));
      const chips = [...document.querySelectorAll('#legend .swatch')].map((it) => it.style.background.match(/--activity-\\d+/)[0]);
      return [...text, ...chips.map((name) => [name, ratio(name, '--ground'), 3])];
    })()";
    for scheme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.call("Emulation.setEmulatedMedia", features);
        browser.open(&page, "");
        assert_eq!(browser.eval("document.documentElement.dataset.theme"), scheme);
        let Value::Array(all) = browser.eval(ratios) else { panic!("a list") };
        assert!(all.len() > 13, "{all:?}");
        for row in all {
            let [found, least] = [1, 2].map(|at| row[at].as_f64().expect("a number"));
            assert!(found >= least, "{scheme}: {row}");
        }
    }
}

/// The names of all panes are seen, however narrow the window.
#[test]
fn no_tab_is_cut_off() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let [a, b] = ["gemm ranks=4", "gemm ranks=4 m=64"].map(|words| run_on(words, "sip", &[]).timed);
    let page = room.put("tabs", &against::page(&a, &b));
    let cut = "(() => {
      const parts = [...document.querySelectorAll('nav button')].map((it) => {
        const [tab, nav] = [it, it.parentElement].map((box) => box.getBoundingClientRect());
        const inside = tab.left >= nav.left && tab.right <= nav.right && tab.top >= nav.top && tab.bottom <= nav.bottom;
        return [it.textContent, inside && tab.right <= innerWidth && it.scrollWidth <= it.clientWidth];
      });
      return [parts.length, parts.filter(([, is_seen]) => !is_seen).map(([name]) => name).join(', ')];
    })()";
    for width in [1600, 900, 700] {
        let size = json!({ "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", size);
        browser.open(&page, "");
        assert_eq!(browser.eval(cut), json!([14, ""]), "{width} pixels");
    }
    browser.call("Emulation.clearDeviceMetricsOverride", json!({}));
}
