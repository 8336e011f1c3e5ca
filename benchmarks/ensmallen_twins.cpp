#include "ensmallen_twins.hpp"

#include <ensmallen.hpp>

namespace ensmallen_twins {

struct Adam::Held {
  explicit Held(arma::uword size) : parameter(size, 1), gradient(size, 1), policy(update, size, 1) {
    parameter.fill(0.5F);
    gradient.fill(0.01F);
  }
  // As in SGD::Optimize, where the policy is made for the shape of what is optimized and refers to the update.
  arma::fmat parameter, gradient;
  ens::AdamUpdate update;
  ens::AdamUpdate::Policy<arma::fmat, arma::fmat> policy;
};

Adam::Adam(std::int64_t size) : held_(std::make_unique<Held>(static_cast<arma::uword>(size))) {}
Adam::~Adam() = default;

void Adam::step(double rate) {
  held_->policy.Update(held_->parameter, rate, held_->gradient);
}

}  // namespace ensmallen_twins
