// The words of MSL that C++ does not have.
#define kernel static
#define device
#define constant const
#define thread
