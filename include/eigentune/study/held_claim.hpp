#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/study/heartbeat.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study_core.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace eigentune {

/// The claim of a trial that runs here: every write with it goes through this. It ends by `let_go`; one that is
/// destroyed before counts as a failed attempt, or as none if the run was asked to stop.
class HeldClaim {
 public:
  HeldClaim(std::shared_ptr<StudyCore> core, std::shared_ptr<LiveClaim> live)
      : core_(std::move(core)), live_(std::move(live)) {}
  ~HeldClaim() { abandon(); }
  HeldClaim(HeldClaim&& other) noexcept = default;
  HeldClaim& operator=(HeldClaim&& other) noexcept {
    HeldClaim old(std::move(*this));
    core_ = std::move(other.core_);
    live_ = std::move(other.live_);
    stopping_ = other.stopping_;
    storage_error_ = std::move(other.storage_error_);
    return *this;
  }

  StudyCore& core() const { return *core_; }
  /// Throws std::invalid_argument if the claim was let go.
  const Claim& claim() const { return live().claim; }
  bool is_lost() const { return live().lost; }

  /// Whether the run was asked to stop, and the trial knows.
  bool is_stopping() const { return stopping_; }
  void set_stopping() { stopping_ = true; }

  /// Calls write(storage, claim), and remembers what it throws: the user's function, through which that passes, may
  /// take it for an exception of its own.
  template <class Write>
  auto write(Write write_to) {
    LiveClaim& held = live();
    try {
      storage_error_ = nullptr;
      return write_to(core_->storage(), std::as_const(held.claim));
    } catch (const LeaseLost&) {
      held.lost = true;
      throw;
    } catch (...) {
      storage_error_ = std::current_exception();
      throw;
    }
  }
  /// Null if the last write was no failure of the storage.
  const std::exception_ptr& storage_error() const { return storage_error_; }

  /// After the last write.
  void let_go() {
    core_->let_go(live_);
    live_ = nullptr;
  }

 private:
  LiveClaim& live() const {
    require(live_ != nullptr, "Trial: it has ended already");
    return *live_;
  }

  void abandon() noexcept {
    if (live_ == nullptr) return;
    try {
      if (!live_->lost && storage_error_ == nullptr) give_up();
    } catch (...) {  // the lease runs out, with the same effect
    }
    let_go();
  }

  void give_up() {
    if (stopping_) {
      core_->storage().release(live_->claim);
    } else {
      core_->storage().finish(live_->claim,
                              {.state = TrialState::failed, .reason = "the trial was abandoned before its end"}, {});
    }
  }

  std::shared_ptr<StudyCore> core_;
  std::shared_ptr<LiveClaim> live_;  // null once it was let go
  bool stopping_ = false;
  std::exception_ptr storage_error_;
};

}  // namespace eigentune
