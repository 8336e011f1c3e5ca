#pragma once

#include <string_view>

namespace eigentune {

/// The script of a report. Whatever needs it is made by it, so that a page without scripts has no dead buttons:
/// headers that sort the table, a bar with the highlighted trial, switches between scales, light or dark. It takes
/// nothing but the page itself, and sets text only as text.
inline constexpr std::string_view report_script = R"js('use strict';
(() => {
  const $ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (name, text, parent, act) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (act) { element.type = 'button'; element.addEventListener('click', act); }
    if (parent) parent.append(element);
    return element;
  };

  // Sorting: numbers before words, empty cells last.
  const body = document.querySelector('tbody');
  $('thead th').forEach((header, column) => {
    const text = header.textContent;
    header.textContent = '';
    make('button', text, header, () => {
      const up = header.getAttribute('aria-sort') !== 'ascending';
      $('thead th').forEach(other => other.removeAttribute('aria-sort'));
      header.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const key = row => {
        const cell = row.cells[column].textContent, number = Number(cell);
        return cell === '' ? [2, 0] : Number.isNaN(number) ? [1, cell] : [0, number];
      };
      const compare = ([kind, a], [other, b]) =>
        kind === 2 || other === 2 ? kind - other
          : (up ? 1 : -1) * (kind - other || (kind ? a.localeCompare(b) : a - b));
      const rows = [...body.rows].map(row => [key(row), row]);
      rows.sort((a, b) => compare(a[0], b[0]) || a[1].dataset.trial - b[1].dataset.trial);
      body.append(...rows.map(row => row[1]));
    });
  });

  // A highlighted trial: its marks are drawn again on top of each plot.
  const bar = make('div', '', document.body);
  bar.className = 'tools';
  bar.setAttribute('role', 'region');
  bar.setAttribute('aria-label', 'Highlighted trial');
  const label = make('label', 'Trial', bar), box = make('input', '', label);
  box.type = 'number';
  box.min = 0;
  box.placeholder = 'number';
  const said = make('output', 'Point at a mark or a row, or type a number.', bar);
  let marks, pinned = '', shown = '', row;
  const names = $('thead th').map(header => header.textContent);
  const show = trial => {
    if (trial === shown) return;
    shown = trial;
    $('.highlights').forEach(group => group.remove());
    if (row) row.classList.remove('highlighted');
    row = trial === '' ? null : document.getElementById('trial-' + trial);
    if (row) row.classList.add('highlighted');
    said.textContent = row
      ? [...row.cells].map((cell, i) => cell.textContent && names[i] + ' ' + cell.textContent).filter(Boolean).join(', ')
      : trial === '' ? 'Point at a mark or a row, or type a number.' : 'There is no trial ' + trial + '.';
    if (!row) return;
    if (!marks) {
      marks = new Map();
      for (const mark of $('.plot [data-trial]')) {
        const list = marks.get(mark.dataset.trial);
        if (list) list.push(mark); else marks.set(mark.dataset.trial, [mark]);
      }
    }
    const groups = new Map();
    for (const mark of marks.get(trial) || []) {
      const plot = mark.ownerSVGElement, clip = mark.parentNode.getAttribute('clip-path') || '';
      let group = groups.get(plot);
      if (!group) {
        group = document.createElementNS(plot.namespaceURI, 'g');
        group.setAttribute('class', 'highlights');
        groups.set(plot, group);
        plot.append(group);
      }
      const copy = mark.cloneNode(false);
      copy.removeAttribute('data-trial');
      if (clip) copy.setAttribute('clip-path', clip);
      if (copy.hasAttribute('r')) copy.setAttribute('r', 6);
      group.append(copy);
    }
  };
  const pin = trial => {
    pinned = trial;
    box.value = trial;
    clear.disabled = trial === '';
    show(trial);
  };
  const clear = make('button', 'Clear', bar, () => pin(''));
  const of = event => {
    const element = event.target.closest && event.target.closest('[data-trial]');
    return element ? element.dataset.trial : '';
  };
  clear.disabled = true;
  box.addEventListener('input', () => pin(box.value));
  document.addEventListener('mouseover', event => show(of(event) || pinned));
  document.addEventListener('focusin', event => { if (of(event)) show(of(event)); });
  document.addEventListener('click', event => {
    const trial = of(event);
    if (trial && !event.target.closest('a')) pin(trial === pinned ? '' : trial);
  });
  const follow = () => {
    const trial = /^#trial-(\d+)$/.exec(location.hash);
    if (trial) pin(trial[1]);
  };
  addEventListener('hashchange', follow);

  // Scales: a place as drawn is taken back to its value, and that to the other scale. What is not between the ends of
  // the axis, as a band beside it, stays.
  const pass = ([scale, low, high, from, to]) => place => {
    const share = (place - from) / (to - from), ratio = high / low;
    if (share < -0.001 || share > 1.001) return place;
    const moved = scale === 'log' ? low * (ratio ** share - 1) / (high - low)
      : Math.log(1 + share * (ratio - 1)) / Math.log(ratio);
    return from + moved * (to - from);
  };
  const round = number => Math.round(number * 100) / 100;
  const numbers = text => text.match(/-?(\d*\.\d+|\d+)/g).map(Number);
  const path = (data, x, y) => {
    let command = 'M', at = [0, 0], result = '';
    for (const [token] of data.matchAll(/[MlZ]|-?(?:\d*\.\d+|\d+) ?-?(?:\d*\.\d+|\d+)/g)) {
      if (token === 'Z') { result += 'Z'; continue; }
      if (token === 'M' || token === 'l') { command = token; continue; }
      const pair = numbers(token);
      at = command === 'M' ? pair : [at[0] + pair[0], at[1] + pair[1]];
      result += (command === 'M' ? 'M' : 'L') + round(x(at[0])) + ' ' + round(y(at[1]));
      if (command === 'M') command = 'l';
    }
    return result;
  };
  const move = (mark, x, y) => {
    const drawn = mark.drawn || (mark.drawn = Object.fromEntries([...mark.attributes].map(a => [a.name, a.value])));
    const set = (name, value) => mark.setAttribute(name, value);
    if (drawn.cx) {
      set('cx', round(x(+drawn.cx)));
      set('cy', round(y(+drawn.cy)));
    } else if (drawn.width) {
      const left = x(+drawn.x), right = x(+drawn.x + +drawn.width);
      const top = y(+drawn.y), bottom = y(+drawn.y + +drawn.height);
      set('x', round(left));
      set('width', round(right - left));
      set('y', round(top));
      set('height', round(bottom - top));
    } else if (drawn.transform) {
      const [a, b] = numbers(drawn.transform);
      set('transform', `translate(${round(x(a))} ${round(y(b))})`);
    } else if (drawn.d) {
      set('d', path(drawn.d, x, y));
    } else if (drawn.x) {
      set('x', round(x(+drawn.x)));
      set('y', round(y(drawn.y - 4) + 4));
    }
  };
  const still = place => place;
  $('.plot[data-x],.plot[data-y]').forEach(plot => {
    const tools = make('div', '', plot.parentNode.querySelector('figcaption'));
    const switched = {};
    for (const name of ['x', 'y'].filter(axis => plot.dataset[axis])) {
      const axis = plot.dataset[name].split(' ').map((part, i) => i ? +part : part);
      const other = axis[0] === 'log' ? 'linear' : 'log';
      const button = make('button', name + ': ' + axis[0], tools, () => {
        switched[name] = switched[name] ? null : pass(axis);
        const now = switched[name] ? other : axis[0];
        button.textContent = name + ': ' + now;
        for (const scale of ['log', 'linear']) {
          $(`.${name}-${scale}`, plot).forEach(ticks =>
            scale === now ? ticks.removeAttribute('display') : ticks.setAttribute('display', 'none'));
        }
        const marks = '.points>*,.lines>path,.boxes path,.bars rect,.cells rect,.rule>*,.words>text';
        $(marks, plot).filter(mark => !mark.closest('.legend'))
          .forEach(mark => move(mark, switched.x || still, switched.y || still));
        const trial = shown;
        show('');
        show(trial);
      });
      button.title = 'Scale of the ' + (name === 'x' ? 'horizontal' : 'vertical') + ' axis: linear or log';
    }
  });

  // Light or dark.
  const root = document.documentElement;
  const is_dark = () => (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : '')) === 'dark';
  const theme = make('button', '', bar, () => {
    root.dataset.theme = is_dark() ? 'light' : 'dark';
    name_theme();
  });
  const name_theme = () => { theme.textContent = is_dark() ? 'Light page' : 'Dark page'; };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', name_theme);
  name_theme();
  follow();
})();
)js";

}  // namespace eigentune
