// SPDX-License-Identifier: Apache-2.0
#include "runtime/worker.hpp"

#include <pthread.h>
#include <sched.h>
#include <utility>

namespace gatehouse::runtime {

Worker::Worker(Clock& clock, Options options)
    : options_(std::move(options)), reactor_(clock, options_.reactor)
{
}

Worker::~Worker()
{
    stop();
}

void Worker::start()
{
    thread_ = std::thread([this] {
        settle_in();
        reactor_.run();
    });
}

void Worker::stop()
{
    if (!thread_.joinable())
        return;
    reactor_.stop();
    thread_.join();
}

void Worker::settle_in() const
{
    pthread_setname_np(pthread_self(), options_.name.substr(0, 15).c_str());
    if (!options_.core)
        return;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(*options_.core, &cores);
    pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
}

}  // namespace gatehouse::runtime
