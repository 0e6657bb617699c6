// Fetches lists of descriptors from SRAM and issues them to the MAC array and the map unit.
//
// Launches wait in a FIFO of four. The head launch is walked through: each descriptor is two SRAM reads, into the
// place of its unit, where one waits ahead of each unit; the first half of one more is kept while its place is
// taken. A descriptor is issued (start for one cycle) when its unit is ready; those of a unit go in their order. A
// fence goes when everything before it is done, and nothing after it goes before. While a unit that has just started
// fetches its first operands, the SRAM is left to it.
//
// Registers: RegHeader, RegLaunch (holds the core while the FIFO is full), RegWaitUnits (holds the core until
// nothing is left to do), RegWaitNotice (holds the core until a descriptor of the map unit with `notify` is done).
// Errors, one cycle: a launch of no descriptors, at a wrong alignment or beyond the SRAM, one that the control plane
// writes to a full FIFO, and MAC descriptors that ask for what the array cannot do. All of these are dropped. The map
// unit checks its descriptors itself.

module descriptor_queue (
  input  logic         clk_i,
  input  logic         rst_ni,

  output logic         read_req_o,
  output logic [11:0]  read_addr_o,
  input  logic         read_gnt_i,
  input  logic [127:0] read_data_i,

  output logic [255:0] mac_descriptor_o,
  output logic         mac_start_o,
  input  logic         mac_ready_i,
  input  logic         mac_done_i,
  output logic [255:0] map_descriptor_o,
  output logic [31:0]  map_header_o,
  output logic         map_start_o,
  input  logic         map_ready_i,
  input  logic         map_done_i,
  input  logic         map_notice_i,   // a descriptor with `notify` is done

  input  logic         reg_re_i,
  input  logic         reg_we_i,
  input  logic         reg_blocking_i,
  input  logic [9:0]   reg_addr_i,
  input  logic [31:0]  reg_wdata_i,
  output logic [31:0]  reg_rdata_o,
  output logic         reg_ready_o,

  output logic         error_o,
  output logic         busy_o
);

  localparam logic [9:0] HeaderIndex = 10'((tessera_pkg::RegHeader - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] LaunchIndex = 10'((tessera_pkg::RegLaunch - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] WaitUnitsIndex = 10'((tessera_pkg::RegWaitUnits - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] WaitNoticeIndex = 10'((tessera_pkg::RegWaitNotice - tessera_pkg::RegisterBase) / 4);

  // ---------------------------------------------------------------- registers and launches

  logic [31:0] next_header_q;       // RegHeader
  logic [63:0] launches_q [tessera_pkg::QueueDepth];  // {header, launch_t}
  logic [1:0]  read_index_q, write_index_q;
  logic [2:0]  launch_count_q;
  logic        notice_q;

  tessera_pkg::launch_t launch;     // being written
  logic push, launch_refused, all_done, pop, notice_taken;

  assign launch = reg_wdata_i;

  always_comb begin
    push = 1'b0;
    launch_refused = 1'b0;
    notice_taken = 1'b0;
    reg_rdata_o = 32'd0;
    reg_ready_o = 1'b1;
    if (reg_re_i || reg_we_i) begin
      if (reg_addr_i == HeaderIndex) begin
        reg_rdata_o = next_header_q;
      end else if (reg_addr_i == WaitUnitsIndex) begin
        reg_ready_o = all_done | ~reg_blocking_i;
      end else if (reg_addr_i == WaitNoticeIndex) begin
        reg_ready_o = notice_q | ~reg_blocking_i;
        notice_taken = notice_q & reg_re_i & reg_blocking_i;
      end else if (reg_addr_i == LaunchIndex && reg_we_i) begin
        if (launch.count == 16'd0 || launch.address[3:0] != 4'd0) begin
          launch_refused = 1'b1;
        end else if (launch_count_q == 3'(tessera_pkg::QueueDepth)) begin
          reg_ready_o = ~reg_blocking_i;
          launch_refused = ~reg_blocking_i;
        end else begin
          push = 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) next_header_q <= 32'd0;
    else if (reg_we_i && reg_addr_i == HeaderIndex) next_header_q <= reg_wdata_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) notice_q <= 1'b0;
    else if (map_notice_i || notice_taken) notice_q <= map_notice_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_index_q <= 2'd0;
      write_index_q <= 2'd0;
      launch_count_q <= 3'd0;
    end else if (push || pop) begin
      if (pop && !push && launch_count_q == 3'd1) begin
        read_index_q <= 2'd0;
        write_index_q <= 2'd0;
      end else begin
        read_index_q <= read_index_q + {1'b0, pop};
        write_index_q <= write_index_q + {1'b0, push};
      end
      launch_count_q <= launch_count_q + {2'b00, push} - {2'b00, pop};
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) launches_q[write_index_q] <= {next_header_q, reg_wdata_i};
  end

  // ---------------------------------------------------------------- fetching

  logic [31:0]  header_q;           // of the launch that is walked through
  logic [15:0]  left_q;             // its descriptors that are not in their places
  logic [11:0]  addr_q;             // SRAM word to read next
  logic         upper_q;            // ... which is the upper half of a descriptor
  logic         arriving_q;         // a word was granted in the last cycle
  logic         lower_here_q;       // the lower half is in lower_q
  logic [127:0] lower_q;
  logic [2:0]   settle_q;           // cycles to leave the SRAM to the unit that has started

  logic         mac_valid_q, map_valid_q;   // a descriptor waits for its unit
  logic         mac_older_q;                // ... for both: that of the MAC array came first
  logic [159:0] mac_q;                      // what it has fields in
  logic [255:0] map_q;
  logic [31:0]  map_header_q;

  logic fetch, beyond, place_free, placed;

  // The upper half follows the lower one at once when any descriptor has a place, else when it is known that this
  // one has. An arriving word with upper_q low is the upper half.
  always_comb begin
    pop = 1'b0;
    fetch = 1'b0;
    beyond = 1'b0;
    place_free = 1'b0;
    placed = 1'b0;
    if (left_q != 16'd0) begin
      placed = arriving_q & ~upper_q;
      place_free = lower_here_q && (lower_q[0] ? !mac_valid_q : !map_valid_q);
      fetch = ~settle_q[0] & ~placed & (~upper_q | place_free | ~(mac_valid_q | map_valid_q));
      beyond = fetch && addr_q >= 12'(tessera_pkg::SramWords);
    end else begin
      pop = launch_count_q != 3'd0;
    end
  end

  assign read_req_o = fetch & ~beyond;
  assign read_addr_o = addr_q;

  // ---------------------------------------------------------------- issuing

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::mac_descriptor_t mac;
  tessera_pkg::map_descriptor_t map;
  /* verilator lint_on UNUSEDSIGNAL */
  logic mac_issue, map_issue, mac_legal;

  assign mac = {96'd0, mac_q};
  assign map = map_q;

  always_comb begin
    mac_issue = 1'b0;
    map_issue = 1'b0;
    mac_legal = 1'b0;
    if (mac_valid_q) begin
      mac_issue = mac_ready_i;
      if (mac.fence) mac_issue = mac_done_i & map_done_i;
      if (map_valid_q && !mac_older_q && (mac.fence || map.fence)) mac_issue = 1'b0;
      if (mac_issue) begin
        mac_legal = mac.count != 16'd0 && mac.groups != 8'd0 && mac.groups <= 8'(tessera_pkg::AccEntries) &&
                    mac.entry < 8'(tessera_pkg::AccEntries) &&
                    mac.entry + mac.groups <= 8'(tessera_pkg::AccEntries) && mac.weight_address[3:0] == 4'd0;
        if (mac.x_where == tessera_pkg::WhereColor) begin
          if (mac.groups != 8'd1 || mac.count[1:0] != 2'd0 || mac.x_address >= 16'(tessera_pkg::ColorCount) ||
              mac.x_address < 16'(tessera_pkg::FirstDataColor)) mac_legal = 1'b0;
        end else if (mac.x_where != tessera_pkg::WhereSram || (mac.x_wide && mac.x_address[0])) begin
          mac_legal = 1'b0;
        end
      end
    end
    if (map_valid_q) begin
      map_issue = map_ready_i;
      if (map.fence) map_issue = mac_done_i & map_done_i;
      if (mac_valid_q && mac_older_q && (mac.fence || map.fence)) map_issue = 1'b0;
    end
  end

  assign mac_descriptor_o = mac;
  assign map_descriptor_o = map_q;
  assign map_header_o = map_header_q;
  assign mac_start_o = mac_issue & mac_legal;
  assign map_start_o = map_issue;

  assign all_done = launch_count_q == 3'd0 && left_q == 16'd0 && !mac_valid_q && !map_valid_q && mac_done_i &&
                    map_done_i;
  assign error_o = beyond | (mac_issue & ~mac_legal) | launch_refused;
  assign busy_o = pop | fetch | arriving_q | mac_issue | map_issue | settle_q[0] | notice_taken;

  always_ff @(posedge clk_i or negedge rst_ni) begin : registers
    if (!rst_ni) begin
      header_q <= 32'd0;
      left_q <= 16'd0;
      addr_q <= 12'd0;
      {upper_q, arriving_q, lower_here_q} <= 3'b000;
      lower_q <= 128'd0;
      settle_q <= 3'b000;
      {mac_valid_q, map_valid_q, mac_older_q} <= 3'b000;
      mac_q <= 160'd0;
      map_q <= 256'd0;
      map_header_q <= 32'd0;
    end else if (busy_o) begin
      settle_q <= mac_issue | map_issue ? 3'b111 : settle_q >> 1;
      if (mac_issue) mac_valid_q <= 1'b0;
      if (map_issue) map_valid_q <= 1'b0;

      arriving_q <= read_gnt_i;
      if (read_gnt_i) begin
        upper_q <= ~upper_q;
        addr_q <= addr_q + 12'd1;
      end
      if (arriving_q && upper_q) begin
        lower_q <= read_data_i;
        lower_here_q <= 1'b1;
      end
      if (placed) begin
        left_q <= left_q - 16'd1;
        lower_here_q <= 1'b0;
        mac_older_q <= ~lower_q[0];
        if (lower_q[0]) begin
          mac_valid_q <= 1'b1;
          mac_q <= {read_data_i[31:0], lower_q};
        end else begin
          map_valid_q <= 1'b1;
          map_q <= {read_data_i, lower_q};
          map_header_q <= header_q;
        end
      end

      if (beyond) begin
        left_q <= 16'd0;
        upper_q <= 1'b0;
        lower_here_q <= 1'b0;
      end
      if (pop) begin
        header_q <= launches_q[read_index_q][63:32];
        left_q <= launches_q[read_index_q][31:16];
        addr_q <= launches_q[read_index_q][15:4];
      end
    end
  end

endmodule
