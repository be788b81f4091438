// Runs plans that come on standard input, until it ends. `wire.rs` writes what is read here.
#pragma once
#include <metal_stdlib>

#include <cstdio>
#include <cstdlib>
#include <vector>

// A buffer as whatever a kernel takes.
struct Bytes {
    char *at;
    template <class T>
    operator T &() const {
        return *reinterpret_cast<T *>(at);
    }
};

struct Launch {
    Bytes inputs[3], output, params, sizes;
};
typedef void (*Kernel)(const Launch &, metal::uint3 group, uint32_t thread);

// From standard input; false at its end.
inline bool take(void *to, size_t bytes) { return std::fread(to, 1, bytes, stdin) == bytes; }

template <class T>
T taken() {
    T value;
    if (!take(&value, sizeof value)) std::exit(3);
    return value;
}

// In whole words, because shaders read words.
struct Buffer {
    std::vector<uint32_t> words;
    size_t bytes;
    Bytes all() { return {reinterpret_cast<char *>(words.data())}; }
};

inline Buffer taken_buffer() {
    enum { GIVEN, FILLED };
    size_t bytes = taken<uint64_t>();
    uint32_t init = taken<uint32_t>(), fill = taken<uint32_t>();
    Buffer buffer{std::vector<uint32_t>((bytes + 3) / 4, fill), bytes};
    if (init == GIVEN && !take(buffer.words.data(), bytes)) std::exit(3);
    return buffer;
}

inline void run_pass(const Kernel *kernels, uint32_t workgroup, std::vector<Buffer> &buffers) {
    const uint32_t NONE = ~0u;
    static uint32_t nothing[1];
    static uint32_t sizes[4];
    Kernel run = kernels[taken<uint32_t>()];
    Launch launch;
    for (Bytes &input : launch.inputs) {
        uint32_t id = taken<uint32_t>();
        input = id == NONE ? Bytes{reinterpret_cast<char *>(nothing)} : buffers.at(id).all();
    }
    launch.output = buffers.at(taken<uint32_t>()).all();
    metal::uint3 groups = taken<metal::uint3>();
    std::vector<uint32_t> params(taken<uint32_t>());
    if (!take(params.data(), params.size() * 4)) std::exit(3);
    launch.params = {reinterpret_cast<char *>(params.data())};
    launch.sizes = {reinterpret_cast<char *>(sizes)};
    for (uint32_t z = 0; z < groups.z; z++)
        for (uint32_t y = 0; y < groups.y; y++)
            for (uint32_t x = 0; x < groups.x; x++)
                for (uint32_t thread = 0; thread < workgroup; thread++) run(launch, {x, y, z}, thread);
}

inline int serve(const Kernel *kernels, uint32_t workgroup) {
    uint32_t n;
    while (take(&n, sizeof n)) {
        std::vector<Buffer> buffers;
        for (; n > 0; n--) buffers.push_back(taken_buffer());
        for (n = taken<uint32_t>(); n > 0; n--) run_pass(kernels, workgroup, buffers);
        // All is read before anything is written: neither side ever waits for the other to empty a pipe.
        std::vector<uint32_t> reads(taken<uint32_t>());
        if (!take(reads.data(), reads.size() * 4)) return 3;
        for (uint32_t id : reads) std::fwrite(buffers.at(id).words.data(), 1, buffers.at(id).bytes, stdout);
        uint32_t done = 0x656e6f64;
        std::fwrite(&done, 1, sizeof done, stdout);
        std::fflush(stdout);
    }
    return 0;
}
