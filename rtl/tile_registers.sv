// The registers that belong to the tile as a whole: core_run, children, group, the cycle number, events and the
// first error.
//
// RegEvents is {ready joins, non-empty colors}; RegWaitEvents holds the core until one of them is in RegEventMask,
// and gives those that are. The first error stays (tile_error_t) until RegError is written; of errors in one cycle
// the first of router, receiver, MAC array, map unit, descriptor queue, address map and core. An error in the cycle
// of that write is kept.

module tile_registers (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] cycle_i,

  input  logic [15:0] nonempty_i,
  input  logic [7:0]  join_ready_i,

  // Errors: one cycle each.
  input  logic        router_error_i,
  input  logic [2:0]  router_error_kind_i,
  input  logic [2:0]  router_error_port_i,
  input  logic [3:0]  router_error_color_i,
  input  logic        receiver_error_i,      // ErrorLength
  input  logic [3:0]  receiver_error_color_i,
  input  logic        mac_error_i,           // ErrorLength
  input  logic [3:0]  mac_error_color_i,
  input  logic        map_error_i,
  input  logic [2:0]  map_error_kind_i,
  input  logic [3:0]  map_error_color_i,
  input  logic        queue_error_i,         // ErrorDescriptor
  input  logic        address_error_i,       // ErrorAddress
  input  logic        core_error_i,          // ErrorInstruction

  input  logic        reg_re_i,
  input  logic        reg_we_i,
  input  logic        reg_blocking_i,        // the access is the core's
  input  logic [9:0]  reg_addr_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,
  output logic        reg_ready_o,

  output logic        core_run_o,
  output logic [3:0]  children_o,
  output logic [7:0]  group_o,
  output logic [31:0] error_o,               // tile_error_t
  output logic        busy_o
);

  localparam logic [9:0] EventsAddress = 10'(tessera_pkg::RegEvents >> 2);
  localparam logic [9:0] EventMaskAddress = 10'(tessera_pkg::RegEventMask >> 2);
  localparam logic [9:0] WaitEventsAddress = 10'(tessera_pkg::RegWaitEvents >> 2);
  localparam logic [9:0] CoreRunAddress = 10'(tessera_pkg::RegCoreRun >> 2);
  localparam logic [9:0] ChildrenAddress = 10'(tessera_pkg::RegChildren >> 2);
  localparam logic [9:0] GroupAddress = 10'(tessera_pkg::RegGroup >> 2);
  localparam logic [9:0] CycleAddress = 10'(tessera_pkg::RegCycle >> 2);
  localparam logic [9:0] ErrorAddress = 10'(tessera_pkg::RegError >> 2);

  // ---------------------------------------------------------------- registers and events

  logic [23:0] event_mask_q, events, awaited;
  logic        core_run_q, write, wait_events;
  logic [3:0]  children_q;
  logic [7:0]  group_q;
  logic [10:0] error_q;     // tile_error_t without its reserved bits
  logic [31:0] rdata;

  assign events = {join_ready_i, nonempty_i};
  assign reg_ready_o = ~(wait_events & (awaited == '0));

  always_comb begin
    rdata = '0;
    wait_events = 1'b0;
    awaited = '0;
    if (reg_re_i) begin
      wait_events = reg_blocking_i & (reg_addr_i == WaitEventsAddress);
      if (wait_events) awaited = events & event_mask_q;
      unique case (reg_addr_i)
        EventsAddress:     rdata = {8'b0, events};
        EventMaskAddress:  rdata = {8'b0, event_mask_q};
        WaitEventsAddress: rdata = {8'b0, awaited};
        CoreRunAddress:    rdata = {31'b0, core_run_q};
        ChildrenAddress:   rdata = {28'b0, children_q};
        GroupAddress:      rdata = {24'b0, group_q};
        ErrorAddress:      rdata = {21'b0, error_q};
        default:           rdata = '0;
      endcase
    end
  end

  // Apart from the rest: the cycle number is an input of the tile, and must not draw other logic along.
  assign reg_rdata_o = rdata | (reg_re_i & (reg_addr_i == CycleAddress) ? cycle_i : '0);

  assign core_run_o = core_run_q;
  assign children_o = children_q;
  assign group_o = group_q;

  assign write = reg_we_i & ((reg_addr_i == EventMaskAddress) | (reg_addr_i == CoreRunAddress) |
                             (reg_addr_i == ChildrenAddress) | (reg_addr_i == GroupAddress));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      event_mask_q <= '0;
      core_run_q <= 1'b0;
      children_q <= '0;
      group_q <= '0;
    end else if (reg_we_i) begin
      unique case (reg_addr_i)
        EventMaskAddress: event_mask_q <= reg_wdata_i[23:0];
        CoreRunAddress:   core_run_q <= reg_wdata_i[0];
        ChildrenAddress:  children_q <= reg_wdata_i[3:0];
        GroupAddress:     group_q <= reg_wdata_i[7:0];
        default: ;
      endcase
    end
  end

  // ---------------------------------------------------------------- the first error

  logic       error, error_clear;
  logic [2:0] kind, port;
  logic [3:0] color;

  assign error = router_error_i | receiver_error_i | mac_error_i | map_error_i | queue_error_i | address_error_i |
                 core_error_i;
  assign error_clear = reg_we_i & (reg_addr_i == ErrorAddress);
  assign error_o = {21'b0, error_q};

  always_comb begin
    kind = tessera_pkg::ErrorNone;
    port = '0;
    color = '0;
    if (error) begin
      if (router_error_i) begin
        kind = router_error_kind_i;
        port = router_error_port_i;
        color = router_error_color_i;
      end else if (receiver_error_i) begin
        kind = tessera_pkg::ErrorLength;
        color = receiver_error_color_i;
      end else if (mac_error_i) begin
        kind = tessera_pkg::ErrorLength;
        color = mac_error_color_i;
      end else if (map_error_i) begin
        kind = map_error_kind_i;
        color = map_error_color_i;
      end else if (queue_error_i) begin
        kind = tessera_pkg::ErrorDescriptor;
      end else if (address_error_i) begin
        kind = tessera_pkg::ErrorAddress;
      end else begin
        kind = tessera_pkg::ErrorInstruction;
      end
      if (kind == tessera_pkg::ErrorLength) port = tessera_pkg::PortRamp;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      error_q <= '0;
    end else if (error | error_clear) begin
      if (error_clear | ~error_q[10]) error_q <= {error, kind, port, color};
    end
  end

  assign busy_o = write | error_clear | (error & ~error_q[10]);

  logic unused_wdata;
  assign unused_wdata = ^reg_wdata_i[31:24];

endmodule
