// Rules with a mistake in `update` or `state`; with no case defined, a good one.

#include <eigentune/optim.hpp>

struct Rule {
#if defined(SAME_SLOTS)
  static constexpr std::array state = {eigentune::StateSlot{"v", 0.0}, eigentune::StateSlot{"v", 0.0}};
#else
  static constexpr std::array state = {eigentune::StateSlot{"v", 0.0}};
#endif
  struct Scalars {
    double rate;
  };
  Scalars scalars(std::int64_t /*step*/, double rate) const { return {rate}; }

#if defined(MISSING_STATE)
  template <class T>
  static void update(const auto& s, T gradient, T& parameter) {
    parameter -= s.rate * gradient;
  }
#elif defined(PARAMETER_BY_VALUE)
  template <class T>
  static void update(const auto& s, T gradient, T parameter, T& v) {
    v = gradient;
    parameter -= s.rate * v;
  }
#elif defined(PLAIN_FLOATS)
  static void update(const Scalars& s, float gradient, float& parameter, float& v) {
    v = gradient;
    parameter -= static_cast<float>(s.rate) * v;
  }
#elif defined(SAME_SLOTS)
  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& v, T& w) {
    v = w = gradient;
    parameter -= s.rate * v;
  }
#else
  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& v) {
    v = gradient;
    parameter -= s.rate * v;
  }
#endif
};

template class eigentune::Optimizer<Rule, float>;
