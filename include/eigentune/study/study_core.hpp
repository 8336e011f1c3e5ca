#pragma once

#include <eigentune/search/sampler.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/heartbeat.hpp>
#include <eigentune/study/objective.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study_records.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace eigentune {

/// The workings that a Study shares with its trials, which may outlive it. Thread-safe.
class StudyCore {
 public:
  struct Parts {
    StudyDefinition definition;
    SearchSpace space;
    std::optional<AnySampler> sampler;   ///< absent in a study that was opened to be looked at
    std::optional<Objective> objective;  ///< absent likewise
    std::shared_ptr<Storage> storage;
    std::chrono::milliseconds lease{60'000};
  };

  /// Opens the study in the storage.
  explicit StudyCore(Parts parts)
      : parts_(std::move(parts)),
        heartbeat_(parts_.storage, parts_.lease),
        id_(parts_.storage->open_study(parts_.definition)),
        records_(parts_.definition.direction, is_adaptive()) {
    parts_.definition = parts_.storage->definition(id_);
  }

  const StudyDefinition& definition() const { return parts_.definition; }
  const SearchSpace& space() const { return parts_.space; }
  const Objective& objective() const { return *parts_.objective; }
  Storage& storage() const { return *parts_.storage; }
  StudyId id() const { return id_; }

  /// Calls `look` with the records as the storage has them now.
  template <class Look>
  auto look_at_records(Look look) {
    const std::lock_guard lock(records_mutex_);
    records_.apply(storage().read(id_, records_.revision()));
    return look(std::as_const(records_));
  }

  struct ClaimedTrial {
    std::shared_ptr<LiveClaim> claim;
    Point point;
  };

  /// A trial with its point, whose lease is kept alive until `let_go`; none if there is nothing left to claim. Throws
  /// LeaseLost if the suggestion of the point took too long, in spite of the heartbeat.
  std::optional<ClaimedTrial> claim(std::string_view worker) {
    require(parts_.sampler.has_value() && parts_.objective.has_value(),
            "Study: \"{}\" was loaded to be looked at, and has no sampler to run trials with", definition().name);
    const auto point_of = [this](std::int64_t number) {
      return suggest(number, {.direction = definition().direction});
    };
    const std::optional<Claim> claim = is_adaptive() ? storage().claim(id_, worker, parts_.lease)
                                                     : storage().claim_with_point(id_, worker, parts_.lease, point_of);
    if (!claim) return std::nullopt;
    auto live = std::make_shared<LiveClaim>(*claim);
    heartbeat_.add(live);
    try {
      return ClaimedTrial{live, claim->point ? *claim->point : suggest(*claim)};
    } catch (...) {
      let_go(live);
      release_quietly(*claim);
      throw;
    }
  }

  void let_go(const std::shared_ptr<LiveClaim>& claim) { heartbeat_.remove(claim); }

  /// Where a failure of the storage would only hide what is more important; the lease then runs out.
  void release_quietly(const Claim& claim) noexcept {
    try {
      storage().release(claim);
    } catch (...) {  // see above
    }
  }

  /// "host/process": who works here, for people who look at a study.
  static std::string worker_name() {
    char host[256] = "unknown";
    ::gethostname(host, sizeof host - 1);
    return fmt::format("{}/{}", host, ::getpid());
  }

 private:
  bool is_adaptive() const { return parts_.sampler && parts_.sampler->adaptive(); }

  Point suggest(std::int64_t number, const History& history) const {
    Point point = parts_.sampler->suggest(space(), history, number);
    space().check(point);
    return point;
  }

  Point suggest(const Claim& claim) {
    // One after the other in this process, so that each knows the points of the others. Another process may come
    // between; then the storage refuses the point, and the next suggestion knows that process's point, too.
    const std::lock_guard lock(suggestion_mutex_);
    for (;;) {
      Revision seen = 0;
      const History history = look_at_records([&](const StudyRecords& records) {
        seen = records.revision();
        return records.history();
      });
      Point point = suggest(claim.number, history);
      if (storage().set_point(claim, point, seen)) return point;
    }
  }

  Parts parts_;
  Heartbeat heartbeat_;  // checks the lease before there is a study
  StudyId id_;
  std::mutex records_mutex_, suggestion_mutex_;
  StudyRecords records_;
};

}  // namespace eigentune
