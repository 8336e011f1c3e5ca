#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/report/plot.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace eigentune {

/// A colour by its name in style sheets, on a light page and on a dark one.
struct PaletteColour {
  std::string_view name, light, dark;
};

/// The colours of plots and report. Hues that colour-blind readers tell apart, after Okabe and Ito, made darker or
/// lighter until marks have a contrast of at least 3 : 1 and text of at least 4.5 : 1 to the surface (WCAG 2).
inline constexpr std::array palette = {
    PaletteColour{"surface", "#ffffff", "#17191d"}, PaletteColour{"page", "#f5f6f8", "#0f1114"},
    PaletteColour{"text", "#1c2026", "#e8eaee"},    PaletteColour{"soft", "#565d68", "#a9b0ba"},
    PaletteColour{"axis", "#7d838c", "#7d848e"},    PaletteColour{"grid", "#e4e6ea", "#2c3138"},
    PaletteColour{"link", "#0b63a5", "#7cc0f5"},    PaletteColour{"ordinary", "#2f7fb8", "#5aa9dd"},
    PaletteColour{"best", "#c26000", "#f0a030"},    PaletteColour{"infeasible", "#c81e2c", "#ff6b6b"},
    PaletteColour{"muted", "#8a8f98", "#7c828c"},   PaletteColour{"first", "#0072b2", "#56b4e9"},
    PaletteColour{"second", "#d55e00", "#ff8a3d"},  PaletteColour{"third", "#008f68", "#1fc493"},
    PaletteColour{"fourth", "#b8578f", "#e58fc0"},  PaletteColour{"fifth", "#8a7400", "#f0e442"},
    PaletteColour{"sixth", "#5b4a9e", "#b3a2ff"},   PaletteColour{"highlight", "#c4007a", "#ff7ad9"},
    PaletteColour{"good", "#00704f", "#3fd0a0"},    PaletteColour{"wash", "#eef1f5", "#22262c"}};

constexpr std::string_view to_string(Tone tone) {
  constexpr std::array<std::string_view, 10> names = {"ordinary", "best",  "infeasible", "muted", "first",
                                                      "second",   "third", "fourth",     "fifth", "sixth"};
  return names[static_cast<std::size_t>(tone)];
}

/// The colour of that name, on a light page. Of a name that is none the text's.
constexpr std::string_view light_colour(std::string_view name) {
  for (const PaletteColour& colour : palette) {
    if (colour.name == name) return colour.light;
  }
  return palette[2].light;
}

/// How many shades there are between the least and the most.
inline constexpr int shade_count = 16;

/// The name of a shade in style sheets: "shade-0" to "shade-15".
inline std::string shade_name(int shade) {
  return fmt::format("shade-{}", shade);
}

/// The name of the shade nearest to `share`, in [0, 1].
inline std::string shade_of(double share) {
  const double within = is_finite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
  return shade_name(static_cast<int>(within * (shade_count - 1) + 0.5));
}

/// From little to much: towards dark on a light page, towards light on a dark one, in one hue.
inline std::string shade_colour(int shade, bool dark) {
  constexpr std::array<std::array<int, 3>, 2> light_ends = {{{232, 241, 248}, {9, 84, 138}}};
  constexpr std::array<std::array<int, 3>, 2> dark_ends = {{{29, 40, 49}, {126, 199, 247}}};
  const auto& ends = dark ? dark_ends : light_ends;
  const auto mixed = [&](std::size_t i) { return ends[0][i] + (ends[1][i] - ends[0][i]) * shade / (shade_count - 1); };
  return fmt::format("#{:02x}{:02x}{:02x}", mixed(0), mixed(1), mixed(2));
}

/// The palette as CSS variables: "--text:#1c2026;...".
inline std::string palette_variables(bool dark) {
  std::string result;
  for (const PaletteColour& colour : palette) {
    result.append("--").append(colour.name).append(":").append(dark ? colour.dark : colour.light).append(";");
  }
  for (int shade = 0; shade < shade_count; ++shade) {
    result += fmt::format("--{}:{};", shade_name(shade), shade_colour(shade, dark));
  }
  return result;
}

/// A style sheet with the colours themselves in place of variables, for readers of SVG that know none.
inline std::string with_colours(std::string style, bool dark) {
  const auto replace = [&style](std::string_view name, std::string_view colour) {
    const std::string variable = fmt::format("var(--{})", name);
    for (std::size_t at = style.find(variable); at != std::string::npos; at = style.find(variable, at)) {
      style.replace(at, variable.size(), colour);
    }
  };
  for (const PaletteColour& colour : palette) replace(colour.name, dark ? colour.dark : colour.light);
  for (int shade = 0; shade < shade_count; ++shade) replace(shade_name(shade), shade_colour(shade, dark));
  return style;
}

/// How plots look, in terms of the palette's variables. What a tone colours takes it from `color`, so that one rule for
/// each tone serves points, lines, boxes, bars and the legend.
inline std::string plot_style() {
  std::string style = R"(.plot text{font:12px system-ui,sans-serif;fill:var(--text)}
.plot .title{font-size:14px;font-weight:600}
.plot .axis-title{font-size:12.5px;font-weight:600}
.plot .halo{paint-order:stroke;stroke:var(--surface);stroke-width:3px;stroke-linejoin:round}
.background{fill:var(--surface)}
.frame{fill:none;stroke:var(--axis)}
.band{fill:var(--wash)}
.ticks path{fill:none;stroke:var(--axis)}
.ticks .grid{stroke:var(--grid)}
.end{text-anchor:end}
.middle{text-anchor:middle}
.points circle,.bars rect{fill:currentColor;stroke:var(--surface)}
.points path{fill:none;stroke:currentColor;stroke-width:2}
.bars rect{stroke-width:.5}
.lines path{fill:none;stroke:currentColor;stroke-width:1.2;stroke-linejoin:round;stroke-linecap:round}
.lines.tone-muted path{stroke-opacity:.55;stroke-width:1}
.lines.bold path{stroke-width:2.4;stroke-opacity:1}
.boxes path{fill:var(--surface);stroke:currentColor;stroke-width:1.4}
.boxes .median{stroke-width:3}
.rule path{fill:none;stroke:currentColor;stroke-width:1.5;stroke-dasharray:5 3}
)";
  for (int tone = 0; tone <= static_cast<int>(Tone::sixth); ++tone) {
    const std::string_view name = to_string(static_cast<Tone>(tone));
    style.append(".tone-").append(name).append("{color:var(--").append(name).append(")}\n");
  }
  for (int shade = 0; shade < shade_count; ++shade) {
    const std::string name = shade_name(shade);  // the stroke covers the seams between cells
    style += ".cells ." + name + "{fill:var(--" + name + ");stroke:var(--" + name + ");stroke-width:.6}\n";
  }
  return style;
}

}  // namespace eigentune
