// The yardstick of `make bench-state`: a table as one writes it in C++. Open addressing with linear
// probing over pairs of hash and row number, at most half full, rows in one array; the same columns,
// keys, hash and order of access as the bench's own loops (test/bench/state-rows.ts).
//
// Usage: table nat|connection ROWS      prints `hit NS`, `chained NS`, `miss NS`, `insert NS`, `change NS`

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

namespace {

struct Key {
  uint32_t word[4];
};

struct NatRow {
  double seen, packets, bytes;
  Key key;
  uint32_t new_saddr, new_daddr, new_ports;
  uint16_t output, flags, input;
  uint8_t protocol, annotation;
};

struct ConnectionRow {
  double packets, seen;
  Key key;
  uint32_t rule;
  uint16_t port;
  uint8_t state;
};

// Read and written by a look-up: one column each.
uint32_t read_of(const NatRow& r) { return r.new_ports; }
uint32_t read_of(const ConnectionRow& r) { return r.port; }

uint32_t hash_of(const Key& k) {
  static const uint32_t by[4] = {0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f};
  const uint32_t seed = 1;
  uint32_t h = 0;
  for (int n = 0; n < 4; n++) {
    const uint32_t w = k.word[n] ^ seed;
    const uint32_t term = (w ^ (w >> (15 + n % 3))) * by[n];
    h = n == 0 ? term : n % 2 == 1 ? h + term : h ^ term;
  }
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

bool equal(const Key& a, const Key& b) {
  return a.word[0] == b.word[0] && a.word[1] == b.word[1] && a.word[2] == b.word[2] &&
         a.word[3] == b.word[3];
}

template <typename Row>
class Table {
 public:
  explicit Table(uint32_t rows) : rows_(new Row[rows]) {
    uint32_t cells = 1;
    while (cells < 2 * rows) cells *= 2;
    cells_.resize(cells);
    mask_ = cells - 1;
  }

  Row* find(const Key& key) {
    const uint32_t h = hash_of(key);
    for (uint32_t n = h & mask_; cells_[n].row != 0; n = (n + 1) & mask_) {
      if (cells_[n].hash != h) continue;
      Row* row = &rows_[cells_[n].row - 1];
      if (equal(row->key, key)) return row;
    }
    return nullptr;
  }

  Row* insert(const Key& key) {
    if (Row* known = find(key)) return known;
    uint32_t r = free_;
    if (r != 0) free_ = links_[r - 1];
    else r = ++top_;
    Row* row = &rows_[r - 1];
    std::memset(static_cast<void*>(row), 0, sizeof *row);
    row->key = key;
    const uint32_t h = hash_of(key);
    uint32_t n = h & mask_;
    while (cells_[n].row != 0) n = (n + 1) & mask_;
    cells_[n] = {h, r};
    return row;
  }

  bool remove(const Key& key) {
    const uint32_t h = hash_of(key);
    uint32_t gap = h & mask_;
    for (;; gap = (gap + 1) & mask_) {
      if (cells_[gap].row == 0) return false;
      if (cells_[gap].hash == h && equal(rows_[cells_[gap].row - 1].key, key)) break;
    }
    const uint32_t r = cells_[gap].row;
    if (links_.size() < r) links_.resize(top_);
    links_[r - 1] = free_;
    free_ = r;
    for (uint32_t at = (gap + 1) & mask_; cells_[at].row != 0; at = (at + 1) & mask_) {
      const uint32_t home = cells_[at].hash & mask_;
      if (((at - home) & mask_) < ((at - gap) & mask_)) continue;
      cells_[gap] = cells_[at];
      gap = at;
    }
    cells_[gap] = {0, 0};
    return true;
  }

 private:
  struct Cell {
    uint32_t hash, row;
  };
  std::vector<Cell> cells_;
  std::unique_ptr<Row[]> rows_;
  std::vector<uint32_t> links_;
  uint32_t mask_ = 0, top_ = 0, free_ = 0;
};

Key nat_key(uint32_t q) { return {{0x0a000000u + q, q * 0x9e3779b1u, (q << 16) | 443u, 6}}; }

Key connection_key(uint32_t q) {
  return {{0x0a000000u + q, q * 0x9e3779b1u, (443u << 16) | (q & 65535u), 6}};
}

std::vector<uint32_t> order_of(uint32_t rows) {
  std::vector<uint32_t> order(rows);
  for (uint32_t k = 0; k < rows; k++) order[k] = k;
  uint32_t x = 2463534242u;
  for (uint32_t k = rows - 1; k > 0; k--) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    std::swap(order[k], order[x % (k + 1)]);
  }
  return order;
}

double now_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

template <typename Row>
void run(Key (*key_of)(uint32_t), uint32_t rows) {
  const std::vector<uint32_t> order = order_of(rows);
  Table<Row> table(rows);
  uint32_t sum = 0;
  const auto timed = [&](const char* what, auto work, bool in_order = false) {
    const double start = now_ns();
    for (uint32_t k = 0; k < rows; k++) work(in_order ? k : order[k]);
    std::printf("%s %.2f\n", what, (now_ns() - start) / rows);
  };
  timed("insert", [&](uint32_t q) { table.insert(key_of(q))->seen = q; }, true);
  // The second round counts: memory and caches are then as they stay.
  for (int round = 0; round < 2; round++) {
    timed(round == 0 ? "first" : "hit", [&](uint32_t q) {
      Row* row = table.find(key_of(q));
      if (row == nullptr) std::abort();
      row->packets += 1;
      sum += read_of(*row);
    });
  }
  // Each look-up waits for what the last one read, as it is for a packet between other work. (0.)
  timed("chained", [&](uint32_t q) {
    Row* row = table.find(key_of(q + sum));
    if (row == nullptr) std::abort();
    row->packets += 1;
    sum += read_of(*row);
  });
  timed("miss", [&](uint32_t q) {
    if (table.find(key_of(q + rows)) != nullptr) std::abort();
  });
  for (int round = 0; round < 2; round++) {
    timed(round == 0 ? "first" : "change", [&](uint32_t q) {
      if (!table.remove(key_of(q))) std::abort();
      table.insert(key_of(q))->seen = q;
    });
  }
  std::printf("sum %u\n", sum);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const uint32_t rows = static_cast<uint32_t>(std::atoi(argv[2]));
  if (std::strcmp(argv[1], "nat") == 0) run<NatRow>(nat_key, rows);
  else run<ConnectionRow>(connection_key, rows);
}
