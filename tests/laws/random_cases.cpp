// One fused pass, the same bits everywhere, on random cases: every rule and Lion, every pair of types, sizes around
// every border, arrays at every offset from a cache line, every option of a step. Each case runs at every level of SIMD
// that the processor has and on 1, 2, 3 and 8 threads and none, and all results, state and reports included, must have
// the bits of PlainOptimizer. The hash of these bits must be the one below, whatever the compiler and its flags.
//
//   random_cases COUNT        the first COUNT cases
//   random_cases FIRST COUNT  those from FIRST on: what a failure names can be run alone
//
// Which NaN a NaN is, is promised nowhere: all count as the same.

#define XXH_INLINE_ALL
#include <eigentune/optim/optimizers.hpp>

#include <fmt/format.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <algorithm>
#include <charconv>
#include <list>
#include <string>
#include <string_view>
#include <tuple>
#include <xxhash.h>

#include "laws/plain_optimizer.hpp"
#include "laws/random_case.hpp"

namespace {

using namespace eigentune;
using laws::Case;

/// The sum of the first cases' hashes. No reference by itself: these are the bits of PlainOptimizer, to which every
/// case is compared, as the program built with g++ 12 printed them. It makes all other builds prove the same.
struct Golden {
  std::uint64_t cases, hash;
};
constexpr Golden golden[] = {{500, 0x0667716d74088ba9}, {5'000, 0xd0d7a7476a660508}, {100'000, 0x9cb8398bea2a271d}};

using Rules = std::tuple<SGDRule, MomentumRule, NesterovRule, RMSPropRule, AdamRule, NAdamRule, Lion>;

/// All bits that a case leaves behind, in order; a NaN as one pattern of its own.
class Bits {
 public:
  template <class Scalar>
  void add(std::span<const Scalar> values) {
    for (const Scalar value : values) add(value);
  }
  template <class Scalar>
  void add(Scalar value) {
    if (value != value) value = std::numeric_limits<Scalar>::quiet_NaN();
    const auto* first = reinterpret_cast<const unsigned char*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof(value));
  }
  void add(const StepReport& report) {
    add(report.applied ? 1.0 : 0.0);
    add(report.gradient_norm);
    add(report.clip_scale);
  }
  void clear() { bytes_.clear(); }
  const std::vector<unsigned char>& bytes() const { return bytes_; }

  friend bool operator==(const Bits&, const Bits&) = default;

 private:
  std::vector<unsigned char> bytes_;
};

/// Numbers at an offset from the border of a cache line, between guards that must stay as they are.
template <class Scalar>
class Guarded {
 public:
  Guarded(std::int64_t size, std::int64_t offset)
      : memory_(2 * guard + size + offset, untouched), begin_(guard + offset), size_(size) {}

  std::span<Scalar> values() { return {memory_.data() + begin_, static_cast<std::size_t>(size_)}; }
  Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>> map() { return {memory_.data() + begin_, size_}; }
  bool intact() const {
    const auto values = memory_.values();
    const auto is_untouched = [](Scalar value) { return value == untouched; };
    return std::ranges::all_of(values.first(static_cast<std::size_t>(begin_)), is_untouched) &&
           std::ranges::all_of(values.last(static_cast<std::size_t>(guard)), is_untouched);
  }

 private:
  static constexpr std::int64_t guard = 64;
  static constexpr Scalar untouched = Scalar(-1234.5);
  Buffer<Scalar> memory_;
  std::int64_t begin_, size_;
};

template <class Scalar>
void fill_gradient(const Case& drawn, std::size_t step, std::size_t call, std::size_t tensor,
                   std::span<Scalar> gradient) {
  laws::fill_uneven(gradient, drawn.number << 20 | step << 16 | call << 12 | tensor << 8 | 1);
  if (drawn.has_non_finite && step + 1 == drawn.steps.size() && !gradient.empty()) {
    gradient[drawn.variant % gradient.size()] =
        drawn.variant % 2 == 0 ? std::numeric_limits<Scalar>::quiet_NaN() : -std::numeric_limits<Scalar>::infinity();
  }
}

/// Runs the steps of a case. fill(step, call) renews the gradients.
template <class Fill, class Accumulate, class Step>
void run_steps(const Case& drawn, Bits& bits, Fill&& fill, Accumulate&& accumulate, Step&& step) {
  for (std::size_t i = 0; i < drawn.steps.size(); ++i) {
    const laws::CaseStep& drawn_step = drawn.steps[i];
    fill(i, std::size_t{0});
    for (std::int64_t call = 1; call <= drawn_step.accumulated; ++call) {
      accumulate();
      fill(i, static_cast<std::size_t>(call));
    }
    bits.add(step(drawn_step.options));
  }
}

template <class Rule, class Scalar, class State>
void run_plain(const Case& drawn, Bits& bits) {
  std::vector<laws::PlainTensor<Scalar, State>> tensors;
  for (const laws::CaseTensor& tensor : drawn.tensors) {
    const std::vector<Scalar> zeros(static_cast<std::size_t>(tensor.size));
    auto& plain = tensors.emplace_back(laws::PlainTensor<Scalar, State>{zeros, zeros, tensor.options});
    laws::fill_uneven(std::span(plain.parameter), drawn.number << 20 | tensors.size() << 8);
  }
  laws::PlainOptimizer<Rule, Scalar, State> optimizer(laws::draw_rule<Rule>(drawn.variant), std::move(tensors));
  run_steps(
      drawn, bits,
      [&](std::size_t step, std::size_t call) {
        for (std::size_t i = 0; i < drawn.tensors.size(); ++i) {
          fill_gradient(drawn, step, call, i, std::span(optimizer.tensors[i].gradient));
        }
      },
      [&] { optimizer.accumulate(); }, [&](const StepOptions& options) { return optimizer.step(options); });
  for (const auto& tensor : optimizer.tensors) {
    bits.add(std::span<const Scalar>(tensor.parameter));
    bits.add(std::span<const Scalar>(tensor.gradient));
    for (const auto& state : tensor.state) bits.add(std::span<const State>(state));
  }
}

/// Returns whether all guards are intact.
template <class Rule, class Scalar, class State>
bool run_library(const Case& drawn, Eigen::ThreadPool* pool, Bits& bits) {
  Optimizer<Rule, Scalar, State> optimizer(laws::draw_rule<Rule>(drawn.variant));
  std::vector<Guarded<Scalar>> parameters, gradients;
  std::vector<std::string> names;
  for (const laws::CaseTensor& tensor : drawn.tensors) {
    parameters.emplace_back(tensor.size, tensor.parameter_offset);
    gradients.emplace_back(tensor.size, tensor.gradient_offset);
    names.push_back(std::string(1, static_cast<char>('a' + names.size())));
    laws::fill_uneven(parameters.back().values(), drawn.number << 20 | names.size() << 8);
    optimizer.add(names.back(), parameters.back().map(), gradients.back().map(), tensor.options);
  }
  run_steps(
      drawn, bits,
      [&](std::size_t step, std::size_t call) {
        for (std::size_t i = 0; i < gradients.size(); ++i) {
          fill_gradient(drawn, step, call, i, gradients[i].values());
        }
      },
      [&] { pool != nullptr ? optimizer.accumulate(*pool) : optimizer.accumulate(); },
      [&](const StepOptions& options) {
        return pool != nullptr ? optimizer.step(*pool, options) : optimizer.step(options);
      });
  bool intact = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    bits.add(std::span<const Scalar>(parameters[i].values()));
    bits.add(std::span<const Scalar>(gradients[i].values()));
    for (const StateSlot& slot : Rule::state) bits.add(optimizer.state_values(names[i], slot.name));
    intact = intact && parameters[i].intact() && gradients[i].intact();
  }
  return intact;
}

/// A pair of types and a rule, behind two functions.
struct Runner {
  void (*plain)(const Case&, Bits&);
  bool (*library)(const Case&, Eigen::ThreadPool*, Bits&);
};

template <class Scalar, class State, std::size_t... rule>
constexpr auto runners_of(std::index_sequence<rule...>) {
  return std::array{Runner{run_plain<std::tuple_element_t<rule, Rules>, Scalar, State>,
                           run_library<std::tuple_element_t<rule, Rules>, Scalar, State>}...};
}

Runner runner_of(const Case& drawn) {
  constexpr std::make_index_sequence<std::tuple_size_v<Rules>> rules;
  static constexpr std::array runners = {runners_of<float, float>(rules), runners_of<double, double>(rules),
                                         runners_of<float, double>(rules), runners_of<double, float>(rules)};
  return runners[drawn.types][drawn.rule];
}

class Proof {
 public:
  Proof() {
    for (const int threads : {1, 2, 3, 8}) pools_.emplace_back(threads, /*allow_spinning=*/false);
  }

  /// Runs a case in every way and returns the hash of its number and its bits. Says so where it fails.
  std::uint64_t run(const Case& drawn) {
    const Runner runner = runner_of(drawn);
    expected_.clear();
    runner.plain(drawn, expected_);
    for (const SimdLevel level : {SimdLevel::generic, SimdLevel::sse2, SimdLevel::avx2, SimdLevel::avx512}) {
      if (!simd_level_available(level)) continue;
      set_simd_level(level);
      check(drawn, runner, level, nullptr);
      for (Eigen::ThreadPool& pool : pools_) check(drawn, runner, level, &pool);
    }
    return XXH3_64bits_withSeed(expected_.bytes().data(), expected_.bytes().size(), drawn.number);
  }

  int failures() const { return failures_; }

 private:
  void check(const Case& drawn, const Runner& runner, SimdLevel level, Eigen::ThreadPool* pool) {
    found_.clear();
    const bool intact = runner.library(drawn, pool, found_);
    if (intact && found_ == expected_) return;
    const auto different = std::ranges::mismatch(found_.bytes(), expected_.bytes()).in1 - found_.bytes().begin();
    fmt::print(stderr, "case {} (rule {}, types {}, {} tensors, {} steps) at {} on {} threads: {}\n", drawn.number,
               drawn.rule, drawn.types, drawn.tensors.size(), drawn.steps.size(), to_string(level),
               pool == nullptr ? 0 : pool->NumThreads(),
               intact ? fmt::format("byte {} of {} differs", different, expected_.bytes().size()) : "a guard was hit");
    ++failures_;
  }

  std::list<Eigen::ThreadPool> pools_;
  Bits expected_, found_;
  int failures_ = 0;
};

/// Runs the cases [first, first + count), prints the sum of their hashes, and returns the program's status. A sum, so
/// that the cases can be run in pieces.
int run(std::uint64_t first, std::uint64_t count) {
  constexpr int enough = 20;
  Proof proof;
  std::uint64_t sum = 0;
  bool same = true;
  for (std::uint64_t number = first; number < first + count && proof.failures() < enough; ++number) {
    sum += proof.run(laws::draw_case(number));
    for (const Golden& known : golden) {
      if (first > 0 || known.cases != number + 1) continue;
      fmt::print("the first {} cases: hash {:#018x}, expected {:#018x}\n", known.cases, sum, known.hash);
      same = same && sum == known.hash;
    }
  }
  fmt::print("{} cases from {}: hash {:#018x}, {} failures\n", count, first, sum, proof.failures());
  return same && proof.failures() == 0 ? 0 : 1;
}

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t first = 0, cases = 0;
  if (count == 2 && read_number(arguments[1], cases)) return run(0, cases);
  if (count == 3 && read_number(arguments[1], first) && read_number(arguments[2], cases)) return run(first, cases);
  fmt::print(stderr, "usage: random_cases [FIRST] COUNT\n");
  return 2;
}
