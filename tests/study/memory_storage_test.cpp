#include <eigentune/study/memory_storage.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "study/storage_conformance.hpp"

namespace eigentune {
namespace {

StorageUnderTest memory_storage() {
  const auto now = std::make_shared<std::atomic<std::int64_t>>(1'700'000'000'000);
  const auto storage =
      std::make_shared<MemoryStorage>([now] { return StorageTime(std::chrono::milliseconds(now->load())); });
  return {.storage = storage,
          .another = [storage] { return storage; },
          .advance = [now](std::chrono::milliseconds time) { *now += time.count(); }};
}

INSTANTIATE_TEST_SUITE_P(Memory, StorageConformance, testing::Values(StorageFactory{"memory", memory_storage}));

TEST(MemoryStorage, RefusesANullClock) {
  EXPECT_THROW(MemoryStorage(nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace eigentune
