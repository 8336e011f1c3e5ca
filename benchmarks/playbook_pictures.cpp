// The pictures that the playbook prints, drawn from simulated studies of their shape: a page to look at beside the
// playbook. Writes playbook_pictures.html, or the file that is named.
//
//     playbook_pictures [file]

#include <eigentune/core/random.hpp>
#include <eigentune/report/axis_plot.hpp>
#include <eigentune/report/best_step_plot.hpp>
#include <eigentune/report/bootstrap_plot.hpp>
#include <eigentune/report/isolation_plot.hpp>
#include <eigentune/report/markup.hpp>
#include <eigentune/report/palette.hpp>
#include <eigentune/report/svg.hpp>
#include <eigentune/report/training_curves.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/core.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace eigentune;

/// A study with these trials of a quasi-random search. `error_of(unit, random)` is a trial's validation error, absent
/// where it is infeasible; unit(j) is the position on the axis of hyperparameter j.
template <class ErrorOf>
StudyData study_of(SearchSpace space, std::int64_t trials, ErrorOf error_of) {
  StudyData data;
  data.definition.metric = "validation_error";
  data.space = std::move(space);
  Random random(11);
  for (std::int64_t number = 0; number < trials; ++number) {
    TrialRecord trial{.number = number, .point = Halton{.seed = 4}.suggest(data.space, {}, number), .attempt = 1};
    const auto unit = [&](std::size_t j) { return *unit_position(data.space.hyperparameters()[j], *trial.point); };
    trial.objective = error_of(unit, random);
    trial.state = trial.objective ? TrialState::complete : TrialState::infeasible;
    data.trials.push_back(std::move(trial));
  }
  return data;
}

double square(double x) {
  return x * x;
}

/// A valley in the peak learning rate and 1 - momentum, as of a ResNet-50 on ImageNet.
StudyData valley(double low, double high) {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(low, high));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.999));
  const double start = std::log10(low), length = std::log10(high / low);
  return study_of(space, 100, [=](auto unit, Random& random) -> std::optional<double> {
    const double rate = start + length * unit(0);
    const double effective = rate - 0.35 * (unit(1) - 0.5);
    if (effective > 0.9) return std::nullopt;
    return 0.235 + 0.03 * square(rate) + 0.05 * square(unit(1) - 0.4) + 0.004 * std::fabs(random.normal());
  });
}

/// Everything beyond a learning rate diverges, and the best lie right before it.
StudyData unstable() {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-4, 10.0));
  space.nuisance("weight_decay", log_uniform(1e-6, 1e-2));
  return study_of(space, 100, [](auto unit, Random& random) -> std::optional<double> {
    if (unit(0) > 0.62 + 0.01 * random.normal()) return std::nullopt;
    return 0.24 + 0.5 * square(0.75 - unit(0)) + 0.02 * square(unit(1) - 0.5) + 0.005 * std::fabs(random.normal());
  });
}

/// Weight decay is scientific, learning rate and momentum are optimized away.
StudyData isolated() {
  SearchSpace space;
  space.scientific("weight_decay", log_uniform(1e-6, 1e-2));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99));
  return study_of(space, 120, [](auto unit, Random& random) -> std::optional<double> {
    if (unit(1) + 0.2 * unit(0) > 1.05) return std::nullopt;
    return 0.235 + 0.05 * square(unit(0) - 0.6) + 0.12 * square(unit(1) - 0.6) + 0.06 * square(unit(2) - 0.5) +
           0.002 * std::fabs(random.normal());
  });
}

/// A study whose better trials overfit from the middle on.
StudyData overfitting() {
  StudyData data = valley(1e-2, 10.0);
  Random random(7);
  constexpr std::int64_t evaluations = 100, interval = 50;
  for (TrialRecord& trial : data.trials) {
    const double level = trial.objective.value_or(0.4);
    TrainingCurve curve;
    double best = 1.0;
    for (std::int64_t i = 1; i <= evaluations; ++i) {
      const double s = static_cast<double>(i) / evaluations;
      if (!trial.objective && s > 0.3) break;
      const double late = std::max(0.0, s - 0.5);
      const double error = level + 0.6 * std::exp(-s / 0.1) + 0.12 * late + 0.002 * random.normal();
      curve.add(i * interval, {.training_loss = 0.4 + 5.0 * std::exp(-s / 0.2), .validation_error = error});
      if (error < best) {
        best = error;
        if (trial.objective) trial.best_step = i * interval;
      }
    }
    if (trial.objective) trial.objective = best;
    data.curves.emplace(trial.number, std::move(curve));
  }
  return data;
}

void add_picture(std::string& page, std::string_view heading, std::string_view text, Plot plot) {
  static int number = 0;  // ids are unique in a page
  plot.id = fmt::format("picture-{}", ++number);
  fmt::format_to(std::back_inserter(page), "<section><h2>{}</h2><p>{}</p>{}<p>{}</p></section>\n", heading, text,
                 svg(plot), escaped(plot.description));
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::string path = argument_count > 1 ? arguments[1] : "playbook_pictures.html";
  std::string page = fmt::format(
      "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>The pictures of the "
      "playbook</title><style>{}"
      "body{{font:15px "
      "sans-serif;margin:2em;columns:2}}section{{break-inside:avoid;max-width:34em}}</style></head><body>"
      "<h1>The pictures of the playbook, from simulated studies</h1>\n",
      with_colours(plot_style(), false));
  add_picture(page, "A bad search space", "The best trials cluster at the upper bound of the learning rate.",
              axis_plots(valley(1e-4, 0.3))[0]);
  add_picture(page, "A good search space", "The best trials lie well inside.", axis_plots(valley(1e-2, 30.0))[0]);
  add_picture(page, "An instability", "All trials beyond a learning rate diverge, and the best lie right before it.",
              axis_plots(unstable())[0]);
  add_picture(page, "An isolation plot", "The best trial of each bucket of weight decay, the others optimized away.",
              isolation_plots(isolated())[0]);
  add_picture(page, "Sampled enough", "The best of n trials: after about 16 there is little to gain.",
              bootstrap_plot(valley(1e-2, 30.0)));
  add_picture(page, "Sampled too little", "The last boxes still fall, and are wide.", bootstrap_plot([] {
                StudyData data = valley(1e-4, 0.3);
                data.trials.resize(8);
                return data;
              }()));
  const StudyData curves = overfitting();
  add_picture(page, "Training curves", "All trials, the best on top: they overfit from the middle of training on.",
              training_curve_plots(curves)[0]);
  add_picture(page, "Best steps", "Where retrospective selection finds the best checkpoint.", best_step_plot(curves));
  page += "</body></html>\n";
  std::ofstream file(path, std::ios::binary);
  file << page;
  if (!file.flush()) {
    fmt::print(stderr, "playbook_pictures: cannot write {}\n", path);
    return 1;
  }
  fmt::print("{}: {} bytes\n", path, page.size());
}
