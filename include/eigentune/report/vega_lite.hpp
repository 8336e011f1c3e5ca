#pragma once

#include <eigentune/report/plot.hpp>
#include <eigentune/report/vega_lite_axis.hpp>
#include <eigentune/report/vega_lite_layer.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>

namespace eigentune {

/// A plot as a Vega-Lite 5 specification in JSON, with its data inline, for editors, notebooks and other tools. Points
/// whose value is not finite lie at the end of the axis where their band is, with its label; other marks that cannot be
/// drawn are left out. A one_minus_log axis is one of 1 - x on a reversed log scale that is labelled with x; a category
/// axis is one of positions that is labelled with the categories. Deterministic.
inline std::string vega_lite(const Plot& plot) {
  using namespace report_detail;
  VegaFrame frame(plot);
  Json layers = Json::array();
  const auto add = [&layers](Layers more) {
    for (Json& one : more) layers.push_back(std::move(one));
  };
  for (const PlotLayer& layer : plot.layers) {
    add(std::visit([&frame](const auto& its) { return vega_layers(frame, its); }, layer));
  }
  for (const bool vertical : {false, true}) add(vega_band(frame, vertical));
  if (layers.empty()) {  // a specification needs one
    layers.push_back(
        {{"data", {{"values", Json::array()}}}, {"mark", "point"}, {"encoding", encoding_of(frame.x, frame.y)}});
  }
  const Json specification = {{"$schema", "https://vega.github.io/schema/vega-lite/v5.json"},
                              {"title", plot.title},
                              {"description", plot.description},
                              {"width", 420},
                              {"height", 260},
                              {"layer", std::move(layers)}};
  return specification.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace eigentune
